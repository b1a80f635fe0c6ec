;; Malformed: `[method]a.f` is named as a method, but its first parameter is not a borrow of a resource `a` beside it, at byte 39
(component
  (import "a" (type $a (sub resource)))
  (import "b" (type $b (sub resource)))
  (import "[method]a.f" (func (param "self" (borrow $b)))))
