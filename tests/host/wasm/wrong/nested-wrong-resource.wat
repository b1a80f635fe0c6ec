;; Malformed: the function `f` has another type than declared, at byte 41
(component
  (component $c (import "r" (type $r (sub resource))) (import "f" (func (param "x" (own $r)))))
  (import "r" (type $r (sub resource)))
  (import "s" (type $s (sub resource)))
  (import "f" (func $f (param "x" (own $r))))
  (instance (instantiate $c (with "r" (type $s)) (with "f" (func $f)))))
