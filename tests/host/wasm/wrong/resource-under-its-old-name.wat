;; Malformed: the export `f`: expected types that are imported or exported under a name before it, got a resource type, at byte 101
(component
  (type $R (resource (rep i32)))
  (core module $m (func (export "f") (result i32) unreachable))
  (core instance $i (instantiate $m))
  (func $f (result (own $R)) (canon lift (core func $i "f")))
  (export $S "r" (type $R))
  (export "f" (func $f)))
