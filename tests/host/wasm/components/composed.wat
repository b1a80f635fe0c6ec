(component
  (component $a
    (core module $m (func (export "f") (result i32) i32.const 1))
    (core instance $i (instantiate $m))
    (func (export "f") (result u32) (canon lift (core func $i "f"))))
  (component $b
    (import "f" (func $f (result u32)))
    (core func $f' (canon lower (func $f)))
    (core module $m (import "" "f" (func $f (result i32))) (func (export "g") (result i32) call $f))
    (core instance $i (instantiate $m (with "" (instance (export "f" (func $f'))))))
    (func (export "g") (result u32) (canon lift (core func $i "g"))))
  (instance $a (instantiate $a))
  (instance $b (instantiate $b (with "f" (func $a "f"))))
  (export "g" (func $b "g")))
