;; Malformed: a component can't reach the resource types of the one around it, at byte 27
(component
  (type $r (resource (rep i32)))
  (component (alias outer 1 $r (type))))
