(import "wasi:io/poll@0.2.0" (instance $poll
 (export "pollable" (type $pollable (sub resource)))
 (export "[method]pollable.ready" (func (param "self" (borrow $pollable)) (result bool)))
 (export "poll" (func (param "in" (list (borrow $pollable))) (result (list u32))))))
(alias export $poll "pollable" (type $pollable))
(import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
 (alias outer 1 $pollable (type $p)) (export "pollable" (type $q (eq $p)))
 (export "subscribe-duration" (func (param "when" u64) (result (own $q))))))
