;; Malformed: a core module imports `g` of `` as a mutable global of type i32, but gets a constant global of type i32, at byte 80
(component
  (core module $a (global (export "g") i32 (i32.const 1)))
  (core module $b (import "" "g" (global (mut i32))))
  (core instance $i (instantiate $a))
  (core instance (instantiate $b (with "" (instance $i)))))
