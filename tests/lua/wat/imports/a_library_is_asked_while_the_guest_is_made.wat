(component
  (import "INTERFACE" (instance $h (export "u" (func (param "a" u32) (result u32)))))
  (core func $u (canon lower (func $h "u")))
  (core module $m (import "h" "u" (func $u (param i32) (result i32))) (global $g (mut i32) (i32.const 0))
   (func $start (global.set $g (call $u (i32.const 20)))) (start $start)
   (func (export "u") (param i32) (result i32) (i32.add (global.get $g) (local.get 0))))
  (core instance $i (instantiate $m (with "h" (instance (export "u" (func $u))))))
  (func (export "u") (param "a" u32) (result u32) (canon lift (core func $i "u"))))
