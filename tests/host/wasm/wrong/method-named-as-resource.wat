;; Malformed: the imports `a` and `[method]a.a` are the same name, at byte 34
(component
  (import "a" (type $a (sub resource)))
  (import "[method]a.a" (func (param "self" (borrow $a)))))
