;; Malformed: the export `f` uses a record type, which must be imported or exported under a name before, at byte 27
(component
  (type (component
    (type $t (record (field "x" u8)))
    (export "f" (func (param "x" $t))))))
