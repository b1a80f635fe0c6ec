(component RANDOM
  (core module $m (import "" "tick" (func $tick (result i64))) (import "" "bytes" (func $bytes (param i64 i32)))
   (func (export "f") (result i32) (call $bytes (i64.const 8) (i32.const 64)) (drop (call $tick)) (i32.const 7)))
  (core instance $i (instantiate $m (with "" (instance (export "tick" (func $tick)) (export "bytes" (func $bytes))))))
  (func (export "f") (result u32) (canon lift (core func $i "f"))))
