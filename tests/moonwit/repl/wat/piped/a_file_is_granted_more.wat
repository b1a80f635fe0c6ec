(component
      (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock (export "now" (func (result u64)))))
      (import "wippy:runtime/funcs@0.1.0" (instance $funcs (export "nothing" (func))))
      (core func $nothing (canon lower (func $funcs "nothing")))
      (core module $m (import "" "f" (func $f)) (func (export "f") (call $f)) (func (export "one") (result i32) (i32.const 1)))
      (core instance $i (instantiate $m (with "" (instance (export "f" (func $nothing))))))
      (func (export "one") (result u32) (canon lift (core func $i "one"))))
