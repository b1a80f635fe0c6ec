;; Malformed: the export `g`: expected (i32, i64) -> (i32) as its core function, got (i32, i32) -> (i32)
(component
  (core module $m (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 64)
    (func (export "bad-realloc") (param i32 i32 i32) (result i32) i32.const 64)
    (func (export "post") (param i64))
    (func (export "f") (param i32 i32) (result i32) i32.const 64))
  (core instance $i (instantiate $m))
  (func (export "g") (param "a" u32) (param "b" u64) (result u32) (canon lift (core func $i "f"))))
