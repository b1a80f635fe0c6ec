;; Malformed: the export `u` uses a flags type, which must be imported or exported under a name before, at byte 24
(component
  (type $t (flags "a" "b"))
  (type $u (tuple u8 $t))
  (export "u" (type $u)))
