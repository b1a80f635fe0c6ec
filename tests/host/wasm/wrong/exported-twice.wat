;; Malformed: `a` is exported twice, at byte 171
(component
  (core module $m (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 64)
    (func (export "bad-realloc") (param i32 i32 i32) (result i32) i32.const 64)
    (func (export "post") (param i64))
    (func (export "f") (param i32 i32) (result i32) i32.const 64))
  (core instance $i (instantiate $m))
  (import "f" (func $f))
  (export "a" (func $f))
  (export "a" (func $f)))
