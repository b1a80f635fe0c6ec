;; Malformed: a list of a fixed length can't be empty, at byte 12
(component
  (type (list u8 0)))
