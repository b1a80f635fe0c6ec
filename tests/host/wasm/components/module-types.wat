;; Core types and module types are read even where nothing uses them.
(component
  (core type $f (func (param i32 i64 f32 f64 v128 funcref externref) (result i32)))
  (core type $m (module
    (alias outer 1 $f (type $g))
    (type $h (func))
    (import "a" "b" (func (type $g)))
    (import "a" "m" (memory 1 2))
    (import "a" "t" (table 1 funcref))
    (import "a" "g" (global (mut i64)))
    (export "c" (func (type $h)))))
  (type (component
    (core type (func))
    (import "m" (core module (type $m)))
    (import "i" (instance (export "t" (type (sub resource)))))
    (type $inner (component (export "f" (func))))
    (export "c" (component (type $inner)))))
  (core module (func (export "unused")))
  (component)
  (component (component (core module)))
  (core module $only (func (export "f") (param v128 externref)) (func (export "g")))
  (core instance $i (instantiate $only))
  (func (export "g") (canon lift (core func $i "g"))))
