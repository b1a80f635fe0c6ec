(component
  (import "WANTED" (instance $in (export "f" (func (param "x" u32) (result u32)))))
  (core func $f' (canon lower (func $in "f")))
  (core module $m (import "" "f" (func $f (param i32) (result i32)))
   (func (export "f") (param i32) (result i32) (i32.add (call $f (local.get 0)) (i32.const ADD))))
  (core instance $i (instantiate $m (with "" (instance (export "f" (func $f'))))))
  (func $f (param "x" u32) (result u32) (canon lift (core func $i "f")))
  (instance $out (export "f" (func $f)))
  (export "GIVEN" (instance $out)))
