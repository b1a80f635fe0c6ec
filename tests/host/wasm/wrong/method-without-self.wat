;; Malformed: `[method]r.f` is named as a method, but its first parameter is not `self: borrow<r>`, at byte 27
(component
  (import "i" (instance (export "r" (type (sub resource))) (export "[method]r.f" (func (param "x" u32))))))
