;; Malformed: the imports `[method]a.f` and `[static]a.f` are the same name, at byte 59
(component
  (import "a" (type $a (sub resource)))
  (import "[method]a.f" (func (param "self" (borrow $a))))
  (import "[static]a.f" (func)))
