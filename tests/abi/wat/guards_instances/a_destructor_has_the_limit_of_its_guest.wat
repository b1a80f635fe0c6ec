(component
  (core module $d (func (export "dtor") (param i32) (loop $l (br_if $l (i32.eq (local.get 0) (i32.const 9))))))
  (core instance $d (instantiate $d))
  (type $r' (resource (rep i32) (dtor (core func $d "dtor")))) (export $r "r" (type $r'))
  (core func $new (canon resource.new $r'))
  (core module $m (import "" "new" (func $new (param i32) (result i32)))
   (func (export "make") (param i32) (result i32) (call $new (local.get 0))))
  (core instance $i (instantiate $m (with "" (instance (export "new" (func $new))))))
  (func (export "make") (param "n" u32) (result (own $r)) (canon lift (core func $i "make"))))
