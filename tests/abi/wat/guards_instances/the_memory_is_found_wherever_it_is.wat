(component (core module $a (func (export "x")))
  (core module $b (memory (export "memory") 3) (func (export "f") (result i32) (i32.const 1)))
  (core instance $a (instantiate $a)) (core instance $b (instantiate $b)) (core instance $c (instantiate $a))
  (func (export "f") (result u32) (canon lift (core func $b "f"))))
