;; Malformed: the import `f`: expected types that are imported under a name before it, got the enum `t`, at byte 56
(component
  (type $t (enum "a" "b"))
  (import "t" (type $u (eq $t)))
  (component (import "f" (func (param "x" $u)))))
