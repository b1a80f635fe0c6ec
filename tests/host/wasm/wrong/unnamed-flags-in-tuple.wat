;; Malformed: the export `u`: expected types that are imported or exported under a name before it, got a flags type, at byte 24
(component
  (type $t (flags "a" "b"))
  (type $u (tuple u8 $t))
  (export "u" (type $u)))
