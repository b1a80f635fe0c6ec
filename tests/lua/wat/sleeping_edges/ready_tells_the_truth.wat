NAP
(func (export "ready") (param $ns i64) (param $nap i32) (result i32) (local $t i32)
 (local.set $t (call $duration (local.get $ns)))
 (if (local.get $nap) (then (call $nap (local.get $nap))))
 (call $ready (local.get $t)))
(func (export "at") (param $ns i64) (result i32) (call $ready (call $instant (local.get $ns))))
