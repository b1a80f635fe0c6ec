MEMORY BUMP (func (export "f") (result i32) (local $i i32)
(loop $fill
 (i32.store (i32.add (i32.const 1024) (i32.mul (local.get $i) (i32.const 8))) (i32.const 1024))
 (i32.store (i32.add (i32.const 1028) (i32.mul (local.get $i) (i32.const 8))) (i32.const 8000))
 (local.set $i (i32.add (local.get $i) (i32.const 1)))
 (br_if $fill (i32.lt_u (local.get $i) (i32.const 8000))))
(i32.const 1024))
