;; Malformed: a core module is instantiated without `x`, which it imports, at byte 47
(component
  (core module $m (import "x" "f" (func)))
  (core instance (instantiate $m)))
