;; Malformed: the export `g` passes values through memory, but names no memory
(component
  (core module $m (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 64)
    (func (export "bad-realloc") (param i32 i32 i32) (result i32) i32.const 64)
    (func (export "post") (param i64))
    (func (export "f") (param i32 i32) (result i32) i32.const 64))
  (core instance $i (instantiate $m))
  (func (export "g") (param "a" u32) (param "b" u32) (result string) (canon lift (core func $i "f"))))
