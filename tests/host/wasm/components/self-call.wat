(component
  (core module $m (func (export "f") (result i32) i32.const 1))
  (core instance $i (instantiate $m))
  (func $f (result u32) (canon lift (core func $i "f")))
  (core func $f' (canon lower (func $f)))
  (core module $n (import "" "f" (func $f (result i32))) (func (export "g") (result i32) call $f))
  (core instance $j (instantiate $n (with "" (instance (export "f" (func $f'))))))
  (func (export "g") (result u32) (canon lift (core func $j "g"))))
