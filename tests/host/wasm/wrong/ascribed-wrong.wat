;; Malformed: the function `g` has another type than declared, at byte 39
(component
  (import "f" (func $f (param "x" u32)))
  (export "g" (func $f) (func (param "x" u64))))
