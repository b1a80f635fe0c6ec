;; Malformed: `[method]a.f` is named as a method, but its first parameter is not `self: borrow<a>`, at byte 34
(component
  (import "a" (type $a (sub resource)))
  (import "[method]a.f" (func (param "self" (own $a)))))
