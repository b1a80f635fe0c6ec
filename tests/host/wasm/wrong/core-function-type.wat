;; Malformed: the export `f` does not fit: its core function should be (i32) -> (), but is (v128, ref) -> ()
(component
  (core module $m (func (export "f") (param v128 funcref)))
  (core instance $i (instantiate $m))
  (func (export "f") (param "x" u8) (canon lift (core func $i "f"))))
