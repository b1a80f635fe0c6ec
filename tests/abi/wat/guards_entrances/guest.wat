(import "host" "new" (func $new (param i32) (result i32))) NAP
  (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
  (func (export "one") (result i32) (i32.const 1))
  (func (export "nap") (param $ms i32) (result i32) (call $nap (local.get $ms)) (local.get $ms))
