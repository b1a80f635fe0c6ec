;; Malformed: a core module imports `f` of `x`, which has no such export, at byte 71
(component
  (core module $m (import "x" "f" (func)))
  (core module $x)
  (core instance $x (instantiate $x))
  (core instance (instantiate $m (with "x" (instance $x)))))
