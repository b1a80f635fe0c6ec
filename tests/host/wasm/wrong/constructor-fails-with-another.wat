;; Malformed: `[constructor]a` is named as a constructor, but its result is not an own of a resource `a` beside it, at byte 38
(component
  (import "a" (type $a (sub resource)))
  (import "b" (type $b (sub resource)))
  (import "[constructor]a" (func (result (result (own $b) (error string))))))
