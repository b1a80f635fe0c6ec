(module (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 8)
  (func (export "cabi_post_to_upper") (param i32))
  (func (export "to_upper") (param i32 i32) (result i32) i32.const 8))
