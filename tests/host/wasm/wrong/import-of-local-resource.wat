;; Malformed: the import `f`: expected types that are imported under a name before it, got a resource type, at byte 38
(component
  (type $R (resource (rep i32)))
  (export $S "r" (type $R))
  (import "f" (func (param "x" (borrow $S)))))
