;; Malformed: `[constructor]r` is named as a constructor, but its result is not an own<r>, at byte 27
(component
  (import "i" (instance (export "r" (type (sub resource))) (export "[constructor]r" (func (param "x" u32))))))
