(component
  (import "a:b/c" (instance $c (export "log" (func (param "s" string)))))
  (core module $m (memory (export "memory") 1))
  (core instance $i (instantiate $m))
  (alias export $c "log" (func $log))
  (core func $l (canon lower (func $log) (memory (core memory $i "memory")) string-encoding=latin1+utf16))
  (core module $n (import "" "log" (func (param i32 i32))))
  (core instance (instantiate $n (with "" (instance (export "log" (func $l)))))))
