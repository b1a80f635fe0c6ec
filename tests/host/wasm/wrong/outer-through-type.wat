;; Malformed: a component can't reach the resource types of the one around it, at byte 30
(component
  (type $R (resource (rep i32)))
  (component (type (instance (alias outer 2 $R (type $x))))))
