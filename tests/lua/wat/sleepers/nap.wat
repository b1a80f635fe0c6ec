(func $nap (param $ms i32) (local $timer i32)
  (local.set $timer (call $duration (i64.mul (i64.extend_i32_u (local.get $ms)) (i64.const 1000000))))
  (call $block (local.get $timer))
  (call $drop (local.get $timer)))
