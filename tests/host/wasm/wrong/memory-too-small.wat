;; Malformed: a core module imports `m` of `` as a memory of at least 2, but gets one of at least 1, at byte 77
(component
  (core module $a (memory (export "m") 1))
  (core module $b (import "" "m" (memory 2)))
  (core instance $i (instantiate $a))
  (core instance (instantiate $b (with "" (instance $i)))))
