;; Malformed: the export `f`: expected types that are imported or exported under a name before it, got a record type, at byte 27
(component
  (type (component
    (type $t (record (field "x" u8)))
    (export "f" (func (param "x" $t))))))
