;; Malformed: two parts of a type of kind record are named `A`, at byte 12
(component
  (type (record (field "a" u8) (field "A" u8))))
