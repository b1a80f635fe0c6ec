(import "" "tick" (func $tick (result i64))) (import "" "bytes" (func $bytes (param i64 i32))) (import "" "tag" (tag $t))
  (func (export "lent") (result i32) (call $bytes (i64.const 8) (i32.const 64)) (i32.const 7))
  (func (export "caught") (result i32)
   (block $done (try_table (catch_all $done) (call $bytes (i64.const 8) (i32.const 64)))) (i32.const 7))
