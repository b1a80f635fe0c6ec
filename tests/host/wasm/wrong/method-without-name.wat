;; Malformed: '[method]a' is not the name of an import or export, at byte 34
(component
  (import "a" (type $a (sub resource)))
  (import "[method]a" (func (param "self" (borrow $a)))))
