(data (i32.const 64) "no way")
(func (export "NAME") (param i32) (result i32)
  (i32.store8 (i32.const 8) (i32.eqz (local.get 0)))
  (i32.store (i32.const 12) (i32.const 64)) (i32.store (i32.const 16) (i32.const 6)) (i32.const 8))
