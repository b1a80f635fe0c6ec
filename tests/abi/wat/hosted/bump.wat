(func (export "realloc") (param $old i32) (param $had i32) (param $align i32) (param $size i32) (result i32) (local $at i32)
  (local.set $at (i32.and (i32.add (global.get $next) (i32.const 15)) (i32.const -16)))
  (global.set $next (i32.add (local.get $at) (local.get $size)))
  (local.get $at))
