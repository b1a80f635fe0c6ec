;; A core module with sections that only need stepping over: tables, globals with every kind of constant, tags, data, elements.
(component
  (core module $m
    (type $r (struct (field i8) (field (mut i16)) (field (ref null 0))))
    (rec (type (array (mut f32))) (type $s (sub (struct (field v128)))) (type (sub final $s (struct (field v128) (field i32)))))
    (import "x" "g" (global $g i32))
    (table 1 funcref) (table 2 (ref null func) (ref.null func))
    (memory 1 2) (memory (export "second") 1)
    (tag (export "tag") (param i32))
    (global i32 (i32.add (global.get $g) (i32.const -70000)))
    (global i64 (i64.const -7000000000000)) (global f32 (f32.const 1)) (global f64 (f64.const 1)) (global v128 (v128.const i64x2 1 2))
    (global funcref (ref.func $f)) (global externref (ref.null extern)) (global (export "mut") (mut i32) (i32.const 3))
    (func $f (export "f") (param i32) (result i32) local.get 0)
    (elem declare func $f)
    (data "abc"))
  (core module $x (global (export "g") i32 (i32.const 1)))
  (core instance $x (instantiate $x))
  (core instance $i (instantiate $m (with "x" (instance $x))))
  (func (export "f") (param "x" s16) (result s16) (canon lift (core func $i "f"))))
