;; Malformed: 'a_b' is not a name of words joined by hyphens, at byte 13
(component
  (type (record (field "a_b" u8))))
