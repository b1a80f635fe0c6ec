(component
  (import "wasi:clocks/monotonic-clock@0.2.3" (instance $clock (export "now" (func (result u64)))))
  (core func $now (canon lower (func $clock "now")))
  (core module $m (import "w" "now" (func $now (result i64))) (func (export "f") (result i64) (call $now)))
  (core instance $i (instantiate $m (with "w" (instance (export "now" (func $now))))))
  (func (export "ticks") (result u64) (canon lift (core func $i "f"))))
