;; Malformed: the lowered function `f` names a realloc function, but no memory
(component
  (import "f" (func $f))
  (core module $m (func (export "r") (param i32 i32 i32 i32) (result i32) unreachable))
  (core instance $i (instantiate $m))
  (core func (canon lower (func $f) (realloc (core func $i "r")))))
