(module
  (func $is_prime (param $n i32) (result i32) (local $d i32)
    (if (i32.lt_u (local.get $n) (i32.const 2)) (then (return (i32.const 0))))
    (local.set $d (i32.const 2))
    (loop $next
      (if (i64.gt_u (i64.mul (i64.extend_i32_u (local.get $d)) (i64.extend_i32_u (local.get $d))) (i64.extend_i32_u (local.get $n)))
        (then (return (i32.const 1))))
      (if (i32.eqz (i32.rem_u (local.get $n) (local.get $d))) (then (return (i32.const 0))))
      (local.set $d (i32.add (local.get $d) (i32.const 1)))
      (br $next))
    unreachable)

  (func (export "count") (param $first i32) (param $last i32) (result i32) (local $found i32)
    (block $done
      (loop $next
        (br_if $done (i32.gt_u (local.get $first) (local.get $last)))
        (local.set $found (i32.add (local.get $found) (call $is_prime (local.get $first))))
        (br_if $done (i32.eq (local.get $first) (local.get $last)))
        (local.set $first (i32.add (local.get $first) (i32.const 1)))
        (br $next)))
    (local.get $found)))
