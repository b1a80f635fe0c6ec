(component
  (core module $m (func (export "go") (unreachable)) (func (export "runs") (result i32) (i32.const 1)))
  (core instance $i (instantiate $m))
  (func $go (canon lift (core func $i "go")))
  (func (export "runs") (result u32) (canon lift (core func $i "runs"))))
