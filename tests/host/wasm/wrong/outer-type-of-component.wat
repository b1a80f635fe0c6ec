;; Malformed: a component can't reach the resource types of the one around it, at byte 41
(component
  (type $R (resource (rep i32)))
  (type $t (component (export "a" (type (eq $R)))))
  (component (alias outer 1 $t (type $x))))
