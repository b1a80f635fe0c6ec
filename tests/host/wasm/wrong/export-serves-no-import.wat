;; Malformed: the import `f` uses the resource `r`, which must be imported under a name before, at byte 30
(component
  (type (component
    (export "r" (type $r (sub resource)))
    (import "f" (func (param "x" (own $r)))))))
