(component MORE
  (import "wasi:random/random@0.2.0" (instance $r (export "get-random-u64" (func (result u64)))))
  (alias export $r "get-random-u64" (func $tick)) (core func $tick (canon lower (func $tick)))
  (core module $m TYPES (type $rand (func (result i64))) (import "" "tick" (func $tick (type $rand))) IMPORTED
   (memory (export "memory") 1)
   GLOBAL HIDE
   (func (export "realloc") (param i32 i32 i32 i32) (result i32) (call $count) (i32.const 1024))
   (func (export "take") (param i32 i32) (result i32) (local.get 1))
   (func (export "give") (result i32) (i32.const 64)) (func (export "given") (param i32) (call $count))
   (func (export "number") (result f64) (f64.const 0.5)) (func (export "numbered") (param f64) (call $count)))
  (core instance $i (instantiate $m (with "" (instance (export "tick" (func $tick)) PASSED))))
  (func (export "take") (param "s" string) (result u32)
   (canon lift (core func $i "take") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
  (func (export "give") (result string)
   (canon lift (core func $i "give") (memory (core memory $i "memory")) (post-return (core func $i "given"))))
  (func (export "number") (result f64) (canon lift (core func $i "number") (post-return (core func $i "numbered")))))
