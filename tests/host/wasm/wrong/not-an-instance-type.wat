;; Malformed: type 0 is not the type of an instance, at byte 16
(component
  (type $t (list u8))
  (import "f" (instance (type $t))))
