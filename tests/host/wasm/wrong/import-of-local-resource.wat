;; Malformed: the import `f` uses a resource type, which must be imported under a name before, at byte 38
(component
  (type $R (resource (rep i32)))
  (export $S "r" (type $R))
  (import "f" (func (param "x" (borrow $S)))))
