;; Malformed: the function `g` has another type than declared, at byte 111
(component
  (component $given (import "f" (func $f (param "x" u8))) (export "g" (func $f)))
  (component $c (import "c" (component (import "f" (func (param "x" u8))) (export "g" (func)))))
  (instance (instantiate $c (with "c" (component $given)))))
