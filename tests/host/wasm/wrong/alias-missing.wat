;; Malformed: instance 0 has no export `f`, at byte 24
(component
  (import "i" (instance $i))
  (alias export $i "f" (func)))
