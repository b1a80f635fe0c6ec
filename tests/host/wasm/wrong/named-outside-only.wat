;; Malformed: the import `f` uses the enum `t`, which must be imported under a name before, at byte 56
(component
  (type $t (enum "a" "b"))
  (import "t" (type $u (eq $t)))
  (component (import "f" (func (param "x" $u)))))
