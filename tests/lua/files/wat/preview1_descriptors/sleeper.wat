(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_create_directory" (func $make (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1) (data (i32.const 256) "d")
  (func (export "sleep") (result i32)
    (i64.store (i32.const 24) (i64.const 300000000))
    (i32.store (i32.const 16) (i32.const 1))
    (drop (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128)))
    (i32.eq (call $make (i32.const 3) (i32.const 256) (i32.const 1)) (i32.const 20))))
