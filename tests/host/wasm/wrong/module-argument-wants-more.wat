;; Malformed: the module `m` imports `extra` of ``, which its declared type does not, at byte 65
(component
  (core module $m (import "" "extra" (func)))
  (component $c (import "m" (core module)))
  (instance (instantiate $c (with "m" (core module $m)))))
