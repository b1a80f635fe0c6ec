(component WAITS
  (import "wasi:random/random@0.2.0" (instance $r (export "get-random-u64" (func (result u64)))))
  (alias export $r "get-random-u64" (func $tick)) (core func $tick (canon lower (func $tick)))
  (core module $m (import "" "tick" (func $tick (result i64))) (import "" "stdout" (func (result i32)))
   (func (export "f") (result i32) (drop (call $tick)) (i32.const 7)))
  (core instance $i (instantiate $m (with "" (instance (export "tick" (func $tick)) (export "stdout" (func $stdout))))))
  (func (export "f") (result u32) (canon lift (core func $i "f"))))
