;; Malformed: there is no type 3, only 0 defined so far, at byte 21
(component
  (component (type (list 3))))
