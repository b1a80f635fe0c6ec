(memory (export "memory") PAGES) REALLOC
  (func (export "pair") (param i32 i32) (result i32)
   (i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1)) (i32.const 16))
  (func (export "area") (param i32) (result i32) (local.get 0))
  (func (export "kept") (param i64) (result i32) (i64.store (i32.const 16) (local.get 0)) (i32.const 16))
  (func (export "listed") (param i64) (result i32)
   (i32.store (i32.const 8) (i32.const 16)) (i32.store (i32.const 12) (i32.const 1))
   (i64.store (i32.const 16) (local.get 0)) (i32.const 8))
