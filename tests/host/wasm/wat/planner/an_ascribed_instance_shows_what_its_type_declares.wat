(component
  (core module $m (func (export "f") (param i32) (result i32) local.get 0))
  (core instance $c (instantiate $m))
  (func $g (param "x" u8) (result bool) (canon lift (core func $c "f")))
  (instance $both (export "f" (func $g)) (export "g" (func $g)))
  (export "a:b/less" (instance $both) (instance (export "g" (func (param "x" u8) (result bool))))))
