(component $all OUTSIDE LOOKING HOLDING
  (type $shared (resource (rep i32)))
  (instance $l (instantiate $looking (with "poll" (instance $poll))))
  (instance $looked (export "pollable" (type $pollable)) (export "look" (func $l "look")) (export "keep" (func $l "keep"))
   (export "leak" (func $l "leak")) (export "back" (func $l "back")))
  (instance $h (instantiate $holding (with "poll" (instance $poll)) (with "clock" (instance $clock)) (with "looking" (instance $looked))))
  EXPORTS (export "guess" (func $l "guess")))
