;; Malformed: type 0 is not a resource, at byte 13
(component
  (type $t (list u8))
  (type (own $t)))
