;; Types alone: world-level types of every kind.
(component
  (type $a' (flags "x"))
  (import "a" (type $a (eq $a')))
  (import "r" (type $r (sub resource)))
  (type $b (own $r))
  (type $c (result (error (list $a))))
  (export "c" (type $c))
  (import "takes" (func (param "r" (borrow $r)) (param "a" $a) (result (option $b)))))
