NAP
(func (export "sum") (param $ms i32) (param $at i32) (param $count i32) (result i32) (local $sum i32)
 (call $nap (local.get $ms))
 (block $done (loop $each
  (br_if $done (i32.eqz (local.get $count)))
  (local.set $count (i32.sub (local.get $count) (i32.const 1)))
  (local.set $sum (i32.add (local.get $sum) (i32.load (i32.add (local.get $at) (i32.mul (local.get $count) (i32.const 4))))))
  (br $each)))
 (local.get $sum))
