;; Malformed: a core module imports the func `f` of `x`, but gets a memory, at byte 83
(component
  (core module $m (import "x" "f" (func)))
  (core module $x (memory (export "f") 1))
  (core instance $x (instantiate $x))
  (core instance (instantiate $m (with "x" (instance $x)))))
