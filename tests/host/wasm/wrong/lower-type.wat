;; Malformed: a core module imports `f` of `` as (i32) -> (), but gets (i64) -> (), at byte 78
(component
  (import "f" (func $f (param "x" u64)))
  (core func $f' (canon lower (func $f)))
  (core module $m (import "" "f" (func (param i32))))
  (core instance (instantiate $m (with "" (instance (export "f" (func $f')))))))
