(component (core module $a (import "" "x" GIVEN) (export "x" (SPLIT 0)))
  (core module $b (import "" "x" WANTED))
  (import "a" (core module $c (export "x" GIVEN)))
  (core instance $i (instantiate $c)) (core instance (instantiate $b (with "" (instance $i)))))
