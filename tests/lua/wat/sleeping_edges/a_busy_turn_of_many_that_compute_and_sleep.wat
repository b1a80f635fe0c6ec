NAP
(func (export "work") (param $turns i64) (param $ms i32) (result i64) (local $n i64)
 (loop $again (local.set $n (i64.add (local.get $n) (i64.const 1))) (br_if $again (i64.lt_u (local.get $n) (local.get $turns))))
 (call $nap (local.get $ms))
 (loop $again (local.set $n (i64.sub (local.get $n) (i64.const 1))) (br_if $again (i64.gt_u (local.get $n) (i64.const 0))))
 (local.get $turns))
