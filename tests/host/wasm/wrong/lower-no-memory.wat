;; Malformed: the lowered function `a:b/c#log` passes values through memory, but names no memory
(component
  (import "a:b/c" (instance $c (export "log" (func (param "s" string)))))
  (alias export $c "log" (func $log))
  (core func (canon lower (func $log))))
