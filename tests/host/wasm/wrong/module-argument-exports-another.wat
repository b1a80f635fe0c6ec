;; Malformed: the module `m` is declared to export `f` as () -> (), but exports (i32) -> (), at byte 80
(component
  (core module $m (func (export "f") (param i32)))
  (component $c (import "m" (core module (export "f" (func)))))
  (instance (instantiate $c (with "m" (core module $m)))))
