;; Malformed: type 0 is not the type of a function, at byte 16
(component
  (type $t (list u8))
  (import "f" (func (type $t))))
