      (component
        (import "wasi:io/poll@0.2.0" (instance $poll
          (export "pollable" (type $pollable (sub resource)))
          (export "[method]pollable.block" (func (param "self" (borrow $pollable))))))
        (alias export $poll "pollable" (type $pollable))
        (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
          (alias outer 1 $pollable (type $outer))
          (export "pollable" (type $p (eq $outer)))
          (export "subscribe-duration" (func (param "when" u64) (result (own $p))))))
        (core func $subscribe (canon lower (func $clock "subscribe-duration")))
        (core func $block (canon lower (func $poll "[method]pollable.block")))
        (core func $drop (canon resource.drop $pollable))
        (core module $m
          (import "host" "subscribe" (func $subscribe (param i64) (result i32)))
          (import "host" "block" (func $block (param i32)))
          (import "host" "drop" (func $drop (param i32)))
          (func (export "sleep") (param i32) (result i32) (local $p i32)
            (local.set $p (call $subscribe (i64.mul (i64.extend_i32_u (local.get 0)) (i64.const 1000000))))
            (call $block (local.get $p)) (call $drop (local.get $p)) (local.get 0)))
        (core instance $i (instantiate $m (with "host" (instance
          (export "subscribe" (func $subscribe)) (export "block" (func $block)) (export "drop" (func $drop))))))
        (func (export "sleep") (param "ms" u32) (result u32) (canon lift (core func $i "sleep"))))
