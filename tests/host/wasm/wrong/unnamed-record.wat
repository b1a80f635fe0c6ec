;; Malformed: the import `f`: expected types that are imported under a name before it, got a record type, at byte 30
(component
  (type $t (record (field "x" u32)))
  (import "f" (func (param "a" (list (option $t))))))
