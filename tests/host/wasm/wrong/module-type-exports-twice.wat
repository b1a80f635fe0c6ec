;; Malformed: a module type exports `a` twice, at byte 11
(component
  (core type (module (export "a" (func)) (export "a" (memory 1)))))
