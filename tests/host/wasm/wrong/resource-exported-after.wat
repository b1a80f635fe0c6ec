;; Malformed: the export `g` uses a resource type, which must be imported or exported under a name before, at byte 95
(component
  (type $R (resource (rep i32)))
  (core module $m (func (export "f") (result i32) unreachable))
  (core instance $i (instantiate $m))
  (func $f (result (own $R)) (canon lift (core func $i "f")))
  (export "g" (func $f))
  (export "r" (type $R)))
