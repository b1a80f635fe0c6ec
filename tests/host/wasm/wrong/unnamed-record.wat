;; Malformed: the import `f` uses a record type, which must be imported under a name before, at byte 30
(component
  (type $t (record (field "x" u32)))
  (import "f" (func (param "a" (list (option $t))))))
