(import "poll" (instance $poll
   (export "pollable" (type $pollable (sub resource)))
   (export "[method]pollable.ready" (func (param "self" (borrow $pollable)) (result bool)))
   (export "poll" (func (param "in" (list (borrow $pollable))) (result (list u32))))))
  (alias export $poll "pollable" (type $pollable))
  (core func $ready (canon lower (func $poll "[method]pollable.ready")))
  (core func $drop (canon resource.drop $pollable))
