(component
  (core module $m (func (export "f") (result i32) i32.const 0))
  (core instance $i (instantiate $m))
  (func (export "f") (result u8) (canon lift (core func $i "f") string-encoding=utf16)))
