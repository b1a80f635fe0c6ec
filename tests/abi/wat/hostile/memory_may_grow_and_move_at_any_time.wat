MEMORY (global $high (mut i32) (i32.const 1024))
(func $top (result i32) (i32.mul (i32.sub (memory.size) (i32.const 1)) (i32.const 65536)))
(func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
 REALLOC
 (local.set $at (i32.add (call $top) (global.get $high)))
 (global.set $high (i32.and (i32.add (i32.add (global.get $high) (local.get 3)) (i32.const 7)) (i32.const 0xfff8))) (local.get $at))
(func (export "echo") (param i32 i32) (result i32) (local $at i32)
 CALL
 (local.set $at (call $top))
 (i32.store (local.get $at) (local.get 0)) (i32.store offset=4 (local.get $at) (local.get 1)) (local.get $at))
(func (export "post") (param i32) (global.set $high (i32.const 1024)) POST)
