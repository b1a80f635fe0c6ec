;; Malformed: `a` is imported twice, at byte 33
(component
  (import "a" (func))
  (import "a" (func)))
