;; Malformed: the export `f`: expected (i32) -> () as its core function, got (v128, ref) -> ()
(component
  (core module $m (func (export "f") (param v128 funcref)))
  (core instance $i (instantiate $m))
  (func (export "f") (param "x" u8) (canon lift (core func $i "f"))))
