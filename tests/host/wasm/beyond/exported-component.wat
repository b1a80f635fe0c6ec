;; A component and a core module among the exports: they are described, and can't be called.
(component
  (component $c)
  (core module $m (func (export "f") (result i32) i32.const 1))
  (core instance $i (instantiate $m))
  (func (export "f") (result u32) (canon lift (core func $i "f")))
  (export "c" (component $c)) (export "m" (core module $m)))
