;; Malformed: the core module at byte 20 is not valid WebAssembly: type mismatch: expected i32, found i64, at byte 46
(component
  (component (core module (func (result i32) i64.const 1))))
