;; Malformed: the lowered function `s` takes values into memory, but names no realloc function
(component
  (core module $m (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 64)
    (func (export "bad-realloc") (param i32 i32 i32) (result i32) i32.const 64)
    (func (export "post") (param i64))
    (func (export "f") (param i32 i32) (result i32) i32.const 64))
  (core instance $i (instantiate $m))
  (import "s" (func $s (result string)))
  (core func (canon lower (func $s) (memory (core memory $i "memory")))))
