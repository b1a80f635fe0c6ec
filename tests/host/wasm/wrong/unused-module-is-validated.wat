;; Malformed: the core module at byte 10 is not valid WebAssembly: type mismatch: expected i32 but nothing on stack, at byte 33
(component
  (core module (func i32.add))
  (core module $m (func (export "f") (result i32) i32.const 7))
  (core instance $i (instantiate $m))
  (func (export "f") (result u32) (canon lift (core func $i "f"))))
