;; Malformed: a component is instantiated without its import `f`, declared at byte 28
(component
  (component $c (import "f" (func)))
  (instance (instantiate $c)))
