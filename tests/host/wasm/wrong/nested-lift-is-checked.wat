;; Malformed: the function lifted at byte 88: expected () -> () as its core function, got (i32) -> ()
(component
  (component
    (core module $m (func (export "f") (param i32)))
    (core instance $i (instantiate $m))
    (func $f (canon lift (core func $i "f")))))
