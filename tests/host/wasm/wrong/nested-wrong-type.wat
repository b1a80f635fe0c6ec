;; Malformed: the function `f` has another type than declared, at byte 31
(component
  (component $c (import "f" (func (param "x" u32))))
  (import "f" (func $f (param "x" u64)))
  (instance (instantiate $c (with "f" (func $f)))))
