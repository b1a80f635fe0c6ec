(component
  (import "wasi:cli/environment@0.2.0" (instance $environment (export "get-arguments" (func (result (list string))))))
  (alias export $environment "get-arguments" (func $arguments))
  (core module $libc ALLOCATING)
  (core instance $libc (instantiate $libc))
  (core func $arguments' (canon lower (func $arguments) (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (core module $m
   (import "" "memory" (memory 1)) (import "" "arguments" (func $arguments (param i32)))
   (global $asked (mut i32) (i32.const 0))
   (func (export "price") (param i32 i32) (result i32)
    (global.set $asked (i32.add (global.get $asked) (i32.const 1)))
    (i32.add (i32.mul (global.get $asked) (i32.const 1000)) (i32.add (local.get 1) (i32.load8_u (local.get 0)))))
   (func (export "told") (result i32) (call $arguments (i32.const 0)) (i32.load (i32.const 4))))
  (core instance $i (instantiate $m
   (with "" (instance (export "memory" (memory $libc "memory")) (export "arguments" (func $arguments'))))))
  (instance $prices
   (export "price" (func $price)) (export "told" (func $told)))
  (export "acme:shop/prices@1.0.0" (instance $prices)))
