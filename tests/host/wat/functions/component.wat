(component
  (core module $m (func (export "add") (param i32 i32) (result i32) local.get 0))
  (core instance $i (instantiate $m))
  (func $add (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "add")))
  (instance $api (export "add-it" (func $add)))
  (export "demo:math/api@1.2.0" (instance $api))
  (export "add-it" (func $add)))
