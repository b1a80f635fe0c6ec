;; Malformed: there is no type 7, only 0 defined so far, at byte 11
(component
  (type (list 7)))
