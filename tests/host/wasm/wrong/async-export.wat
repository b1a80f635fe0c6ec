;; Refused: The component's export `run` is an async function (WASI 0.3), which Moonwit does not take yet.
(component
  (core module $m (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 64)
    (func (export "bad-realloc") (param i32 i32 i32) (result i32) i32.const 64)
    (func (export "post") (param i64))
    (func (export "f") (param i32 i32) (result i32) i32.const 64))
  (core instance $i (instantiate $m))
  (func (export "run") async (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "f"))))
