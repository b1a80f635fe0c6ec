(component
  (core module $m (func $deep (export "deep") (param i32) (result i32)
    (if (result i32) (local.get 0) (then (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1))))) (else (i32.const 0)))))
  (core instance $i (instantiate $m))
  (func (export "deep") (param "levels" u32) (result u32) (canon lift (core func $i "deep"))))
