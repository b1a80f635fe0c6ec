(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    ;; Input, output, and an hour: userdata 1, 2 and 3.
    (i64.store (i32.const 0) (i64.const 1)) (i32.store8 (i32.const 8) (i32.const 1)) (i32.store (i32.const 16) (i32.const 0))
    (i64.store (i32.const 48) (i64.const 2)) (i32.store8 (i32.const 56) (i32.const 2)) (i32.store (i32.const 64) (i32.const 1))
    (i64.store (i32.const 96) (i64.const 3)) (i32.store (i32.const 112) (i32.const 1)) (i64.store (i32.const 120) (i64.const 3600000000000))
    (drop (call $poll (i32.const 0) (i32.const 256) (i32.const 3) (i32.const 512)))
    (call $exit (i32.add (i32.mul (i32.const 16) (i32.load (i32.const 512))) (i32.load (i32.const 256))))))
