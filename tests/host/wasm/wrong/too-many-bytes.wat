;; Malformed: a value of this record takes 268435456 bytes, and 268435455 are allowed, at byte 23
(component
  (type $a (record (field "a" (list u8 134217728)) (field "b" (list u8 134217728)))))
