(component
  (import "log" (func $log (param "s" string)))
  (core module $m (memory (export "mem") i64 1))
  (core instance $i (instantiate $m))
  (core func $l (canon lower (func $log) (memory (core memory $i "mem"))))
  (core module $n (import "" "log" (func (param i64 i64))))
  (core instance (instantiate $n (with "" (instance (export "log" (func $l)))))))
