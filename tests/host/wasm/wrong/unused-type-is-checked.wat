;; Malformed: there is no type 3, only 0 defined so far, at byte 13
(component
  (type (instance (type (list 3)))))
