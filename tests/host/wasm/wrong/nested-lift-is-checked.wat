;; Malformed: the function lifted at byte 88 does not fit: its core function should be () -> (), but is (i32) -> ()
(component
  (component
    (core module $m (func (export "f") (param i32)))
    (core instance $i (instantiate $m))
    (func $f (canon lift (core func $i "f")))))
