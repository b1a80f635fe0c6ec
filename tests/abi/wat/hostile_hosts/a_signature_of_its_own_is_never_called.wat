(component
  (core module $l (memory (export "memory") 1) (global $next (mut i32) (i32.const 1024)) BUMP)
  (core instance $l (instantiate $l))
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance $c EACH))
  (core func $f (canon lower (func $c "NAME") MEMORY))
  (core module $m (import "h" "f" (func $f CORE)) (func (export "f") (result i32)
    NUMBER
    (i32.const 7)))
  (core instance $m (instantiate $m (with "h" (instance (export "f" (func $f))))))
  (func (export "f") (result u32) (canon lift (core func $m "f"))))
