(func $noted (param i32 i32 i32 i32) (result i32) NOTES (i32.const 1024))
  (table $own 1 funcref) (elem (table $own) (i32.const 0) func $noted)
  (func (export "realloc") (param i32 i32 i32 i32) (result i32)
   (call_indirect $own (type $realloc) (local.get 0) (local.get 1) (local.get 2) (local.get 3) (i32.const 0)))
