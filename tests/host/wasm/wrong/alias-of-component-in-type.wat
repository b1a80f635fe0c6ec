;; Malformed: an alias inside a type can't reach a component, only types and instances, at byte 44
(component $c
  (component $d)
  (type (instance (alias outer $c $d (component $x)))))
