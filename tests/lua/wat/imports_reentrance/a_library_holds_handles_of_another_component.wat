(component
  (import "a:b/host" (instance $h (export "u" (func (param "a" u32) (result u32)))))
  (core func $u (canon lower (func $h "u")))
  (core module $m (import "h" "u" (func $u (param i32) (result i32)))
   (func (export "u") (param i32) (result i32) (call $u (local.get 0))))
  (core instance $i (instantiate $m (with "h" (instance (export "u" (func $u))))))
  (func (export "u") (param "a" u32) (result u32) (canon lift (core func $i "u"))))
