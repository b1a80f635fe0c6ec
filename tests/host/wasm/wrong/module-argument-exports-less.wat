;; Malformed: the module `m` lacks the export `f` that its declared type has, at byte 56
(component
  (core module $m)
  (component $c (import "m" (core module (export "f" (func)))))
  (instance (instantiate $c (with "m" (core module $m)))))
