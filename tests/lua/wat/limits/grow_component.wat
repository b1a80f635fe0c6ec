(component
  (core module $m (memory (export "memory") 1) (func (export "grow") (param i32) (result i32)
    (if (i32.eq (memory.grow (local.get 0)) (i32.const -1)) (then unreachable)) (memory.size)))
  (core instance $i (instantiate $m))
  (func (export "grow") (param "pages" u32) (result u32) (canon lift (core func $i "grow"))))
