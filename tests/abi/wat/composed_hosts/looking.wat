(component $looking
  POLL
  (core module $m
   (import "" "ready" (func $ready (param i32) (result i32))) (import "" "drop" (func $drop (param i32)))
   (global $kept (mut i32) (i32.const 0))
   (func (export "look") (param i32) (result i32)
    (i32.add (i32.mul (local.get 0) (i32.const 10)) (call $ready (local.get 0))) (call $drop (local.get 0)))
   (func (export "keep") (param i32) (result i32) (global.set $kept (local.get 0)) (local.get 0))
   (func (export "leak") (param i32))
   (func (export "guess") (param i32) (result i32) (call $ready (local.get 0)))
   (func (export "back") (result i32) (global.get $kept)))
  (core instance $i (instantiate $m (with "" (instance (export "ready" (func $ready)) (export "drop" (func $drop))))))
  (func (export "look") (param "p" (borrow $pollable)) (result u32) (canon lift (core func $i "look")))
  (func (export "keep") (param "p" (own $pollable)) (result u32) (canon lift (core func $i "keep")))
  (func (export "leak") (param "p" (borrow $pollable)) (canon lift (core func $i "leak")))
  (func (export "guess") (param "index" u32) (result bool) (canon lift (core func $i "guess")))
  (func (export "back") (result (own $pollable)) (canon lift (core func $i "back"))))
