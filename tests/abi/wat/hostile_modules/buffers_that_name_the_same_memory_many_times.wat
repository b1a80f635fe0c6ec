(loop $l
 (i32.store offset=4 (local.get $n) (i32.const 1000000))
 (local.set $n (i32.add (local.get $n) (i32.const 8)))
 (br_if $l (i32.lt_u (local.get $n) (i32.const 8192))))
(drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1024) (i32.const 9000)))
(i32.load (i32.const 9000))
