;; Malformed: a component is instantiated without its import `f`, declared at byte 28
(component
  (component $given (import "f" (func)))
  (component $c (import "c" (component)))
  (instance (instantiate $c (with "c" (component $given)))))
