(component
  (core module $m (func (export "spin") (param i32) (result i32) (if (local.get 0) (then (loop $l (br $l)))) (i32.const 7)))
  (core instance $i (instantiate $m))
  (func (export "spin") (param "for-ever" bool) (result u32) (canon lift (core func $i "spin"))))
