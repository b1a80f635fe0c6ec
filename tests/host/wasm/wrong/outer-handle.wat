;; Malformed: a component can't reach the resource types of the one around it, at byte 35
(component
  (type $R (resource (rep i32)))
  (type $h (tuple u8 (option (own $R))))
  (component (alias outer 1 $h (type $x))))
