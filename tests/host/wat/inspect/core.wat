(module
  (import "env" "log" (func (param i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 8)
  (func (export "add_it") (param i32 i64) (result f32) f32.const 0)
  (func (export "strange name\1b[2J\22") (param i32))
  (func (export "two") (result i32 i32) i32.const 0 i32.const 1))
