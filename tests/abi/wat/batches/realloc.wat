;; Notes what it is asked for, from 8192 on: 16 times the size, and the alignment. At 4096 is how many notes there are, at 4100 how much of
;; the memory from 65536 on is taken. Sizes of 100, 104 and 102 are wrong.
(func (export "realloc") (param $old i32) (param $had i32) (param $align i32) (param $size i32) (result i32) (local $at i32)
 (if (i32.or (local.get $old) (local.get $had)) (then (unreachable)))
 (i32.store (i32.add (i32.const 8192) (i32.shl (i32.load (i32.const 4096)) (i32.const 2)))
  (i32.or (i32.shl (local.get $size) (i32.const 4)) (local.get $align)))
 (i32.store (i32.const 4096) (i32.add (i32.load (i32.const 4096)) (i32.const 1)))
 (if (i32.eq (local.get $size) (i32.const 100)) (then (return (i32.const -256))))
 (if (i32.eq (local.get $size) (i32.const 104)) (then (return (i32.const 1025))))
 (if (i32.eq (local.get $size) (i32.const 102)) (then (unreachable)))
 (local.set $at (i32.add (i32.const 65536) (i32.load (i32.const 4100))))
 (i32.store (i32.const 4100) (i32.and (i32.add (i32.add (i32.load (i32.const 4100)) (local.get $size)) (i32.const 7)) (i32.const -8)))
 (local.get $at))
