;; Malformed: an alias inside a type can't reach a func, only types and instances, at byte 33
(component
  (type (component
    (import "i" (instance $i (export "f" (func))))
    (alias export $i "f" (func $f)))))
