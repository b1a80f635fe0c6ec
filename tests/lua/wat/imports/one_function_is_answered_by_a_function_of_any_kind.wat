(component
  (import "price-of" (func $p (param "a" u32) (result u32)))
  (core func $p (canon lower (func $p)))
  (core module $m (import "h" "p" (func $p (param i32) (result i32)))
   (func (export "u") (param i32) (result i32) (call $p (local.get 0))))
  (core instance $i (instantiate $m (with "h" (instance (export "p" (func $p))))))
  (func (export "u") (param "a" u32) (result u32) (canon lift (core func $i "u"))))
