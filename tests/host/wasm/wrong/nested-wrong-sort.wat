;; Malformed: `f` is of the sort instance, but declared as func, at byte 28
(component
  (component $c (import "f" (func)))
  (import "i" (instance $i))
  (instance (instantiate $c (with "f" (instance $i)))))
