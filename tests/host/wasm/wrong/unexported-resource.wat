;; Malformed: the export `f`: expected types that are imported or exported under a name before it, got a resource type, at byte 95
(component
  (type $R (resource (rep i32)))
  (core module $m (func (export "f") (result i32) unreachable))
  (core instance $i (instantiate $m))
  (func (export "f") (result (own $R)) (canon lift (core func $i "f"))))
