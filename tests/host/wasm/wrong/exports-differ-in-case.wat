;; Malformed: the exports `a-B` and `A-b` are the same name, at byte 31
(component
  (type (instance (export "a-B" (func)) (export "A-b" (func)))))
