;; A guest that may wait, because it imports clocks and polling, and does not.
(component
  (import "wasi:io/poll@0.2.0" (instance $poll
    (export "pollable" (type $p (sub resource)))
    (export "[method]pollable.block" (func (param "self" (borrow $p))))))
  (alias export $poll "pollable" (type $pollable))
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
    (alias outer 1 $pollable (type $pp))
    (export "pollable" (type $q (eq $pp)))
    (export "now" (func (result u64)))
    (export "subscribe-duration" (func (param "when" u64) (result (own $q))))))
  (core func $now (canon lower (func $clock "now")))
  (core func $block (canon lower (func $poll "[method]pollable.block")))
  (core module $m (import "" "now" (func $now (result i64))) (import "" "block" (func $block (param i32)))
    (func (export "mul") (param i32 i32) (result i32) (i32.mul (local.get 0) (local.get 1))))
  (core instance $i (instantiate $m (with "" (instance (export "now" (func $now)) (export "block" (func $block))))))
  (func (export "mul") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "mul"))))
