(import "wasi:io/poll@0.2.0" (instance $poll
 (export "pollable" (type $pollable (sub resource)))
 (export "[method]pollable.block" (func (param "self" (borrow $pollable))))))
(alias export $poll "pollable" (type $pollable))
(import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
 (alias outer 1 $pollable (type $outer)) (export "pollable" (type $pollable (eq $outer)))
 (export "subscribe-duration" (func (param "when" u64) (result (own $pollable))))))
(core func $block (canon lower (func $poll "[method]pollable.block")))
(core func $drop (canon resource.drop $pollable))
(core func $duration (canon lower (func $clock "subscribe-duration")))
(core module $m
 (import "host" "block" (func $block (param i32)))
 (import "host" "drop" (func $drop (param i32)))
 (import "host" "duration" (func $duration (param i64) (result i32)))
 (global $seed (mut i64) (i64.const 88172645463325252))
 (func $nap (local $t i32)
  (global.set $seed (i64.add (i64.mul (global.get $seed) (i64.const 6364136223846793005)) (i64.const 1442695040888963407)))
  (local.set $t (call $duration (i64.shr_u (global.get $seed) (i64.const 43))))
  (call $block (local.get $t)) (call $drop (local.get $t)))
