;; Malformed: a core module imports `t` of `` as a table of ref null func, but gets a table of ref null extern, at byte 79
(component
  (core module $a (table (export "t") 1 externref))
  (core module $b (import "" "t" (table 1 funcref)))
  (core instance $i (instantiate $a))
  (core instance (instantiate $b (with "" (instance $i)))))
