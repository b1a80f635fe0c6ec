;; Exports that are given types of their own.
(component
  (core module $m (func (export "f") (param i32) (result i32) local.get 0))
  (core instance $c (instantiate $m))
  (type $color' (enum "red" "green"))
  (func $f (param "c" $color') (result $color') (canon lift (core func $c "f")))
  (func $g (param "x" u8) (result bool) (canon lift (core func $c "f")))
  (export $color "color" (type $color'))
  (export "f" (func $f) (func (param "c" $color) (result $color)))
  (instance $i (export "g" (func $g)))
  (export "test:ascribed/same" (instance $i) (instance (export "g" (func (param "x" u8) (result bool))))))
