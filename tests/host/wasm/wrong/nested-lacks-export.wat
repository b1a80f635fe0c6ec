;; Malformed: an instance lacks the export `f` that its type declares, at byte 28
(component
  (component $c (import "i" (instance (export "f" (func)))))
  (import "i" (instance $i (export "g" (func))))
  (instance (instantiate $c (with "i" (instance $i)))))
