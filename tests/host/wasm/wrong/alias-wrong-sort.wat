;; Malformed: export `f` of instance 0 is of the sort func, not type, at byte 35
(component
  (import "i" (instance $i (export "f" (func))))
  (alias export $i "f" (type)))
