;; Malformed: a component can't reach the resource types of the one around it, at byte 41
(component
  (import "r" (type $R (sub resource)))
  (type $f (func (param "x" (borrow $R))))
  (component (alias outer 1 $f (type $x))))
