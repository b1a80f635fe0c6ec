;; Malformed: the core module at byte 10 imports `b` of `a` twice, which one inside a component can't
(component
  (core module (import "a" "b" (func)) (import "a" "b" (func))))
