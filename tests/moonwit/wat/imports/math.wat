(component
 (import "a:b/math@1.0.0" (instance $m (export "add" (func (param "a" u32) (param "b" u32) (result u32)))))
 (import "price-of" (func $p (param "a" u32) (result u32)))
 (core func $add (canon lower (func $m "add"))) (core func $p (canon lower (func $p)))
 (core module $c (import "h" "add" (func $add (param i32 i32) (result i32))) (import "h" "p" (func $p (param i32) (result i32)))
  (func (export "run") (param i32) (result i32) (call $p (call $add (local.get 0) (i32.const 1)))))
 (core instance $i (instantiate $c (with "h" (instance (export "add" (func $add)) (export "p" (func $p))))))
 (func (export "run") (param "n" u32) (result u32) (canon lift (core func $i "run"))))
