;; Malformed: there is no type 0, only 0 defined so far, at byte 21
(component
  (component (alias outer 1 0 (type))))
