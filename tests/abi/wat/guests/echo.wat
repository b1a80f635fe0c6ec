(func (export "NAME") (param CORES) (result i32) (local $ret i32) (call $enter)
(local.set $ret (call $alloc (i32.const SIZE) (i32.const ALIGNMENT)))
STORE
(local.get $ret))
