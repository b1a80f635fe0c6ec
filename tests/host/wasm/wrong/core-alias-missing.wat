;; Malformed: core instance 0 has no export `nope`, at byte 150
(component
  (core module $m (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 64)
    (func (export "bad-realloc") (param i32 i32 i32) (result i32) i32.const 64)
    (func (export "post") (param i64))
    (func (export "f") (param i32 i32) (result i32) i32.const 64))
  (core instance $i (instantiate $m))
  (alias core export $i "nope" (core func)))
