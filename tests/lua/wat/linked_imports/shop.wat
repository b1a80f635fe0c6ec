(component
  (import "acme:shop/prices@1.0.0" (instance $prices
   (export "price" (func (param "article" string) (result u32))) (export "told" (func (result u32)))))
  (core module $libc ALLOCATING (data (i32.const 8) "A bike"))
  (core instance $libc (instantiate $libc))
  (core func $price (canon lower (func $prices "price") (memory (core memory $libc "memory"))))
  (core func $told (canon lower (func $prices "told")))
  (core module $m
   (import "" "price" (func $price (param i32 i32) (result i32))) (import "" "told" (func $told (result i32)))
   (func (export "total") (result i32) (i32.add (call $price (i32.const 8) (i32.const 6)) (call $price (i32.const 8) (i32.const 1))))
   (func (export "told") (result i32) (call $told)))
  (core instance $i (instantiate $m (with "" (instance (export "price" (func $price)) (export "told" (func $told))))))
  (func (export "total") (result u32) (canon lift (core func $i "total")))
  (func (export "told") (result u32) (canon lift (core func $i "told"))))
