(component
  (core module $m (memory (export "m") 1) (func (export "r") (param i32 i32 i32 i32) (result i32) unreachable)
    (func (export "f") CORE unreachable))
  (core instance $i (instantiate $m))
  (func $f PARAMS RESULT (canon lift (core func $i "f") OPTIONS))
  (core func $l (canon lower (func $f) OPTIONS))
  (core module $n (import "" "f" (func CORE_2)))
  (core instance (instantiate $n (with "" (instance (export "f" (func $l)))))))
