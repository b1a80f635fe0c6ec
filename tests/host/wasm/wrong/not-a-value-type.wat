;; Malformed: type 0 is not the type of a value, at byte 15
(component
  (type $f (func))
  (type (list $f)))
