;; Malformed: a core module imports `f` of `` as (ref extern) -> (), but gets (ref func) -> (), at byte 95
(component
  (core module $a (func (export "f") (param funcref)))
  (core module $b (import "" "f" (func (param externref))))
  (core instance $i (instantiate $a))
  (core instance (instantiate $b (with "" (instance $i)))))
