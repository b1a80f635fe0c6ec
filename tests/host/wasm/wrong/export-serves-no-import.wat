;; Malformed: the import `f`: expected types that are imported under a name before it, got the resource `r`, at byte 30
(component
  (type (component
    (export "r" (type $r (sub resource)))
    (import "f" (func (param "x" (own $r)))))))
