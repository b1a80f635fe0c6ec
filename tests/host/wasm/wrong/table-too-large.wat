;; Malformed: a core module imports `t` of `` as a table of at least 1 and at most 2, but gets one of at least 1 and at most 3, at byte 81
(component
  (core module $a (table (export "t") 1 3 funcref))
  (core module $b (import "" "t" (table 1 2 funcref)))
  (core instance $i (instantiate $a))
  (core instance (instantiate $b (with "" (instance $i)))))
