(component
 (type $pair (tuple (option u32) (result (error u8))))
 (core module $m
  (import "" "option" (func $option (param i32 i32)))
  (import "" "pair" (func $pair (param i32 i32 i32 i32)))
  (func (export "option") (param i32 i32) (result i32) (call $option (local.get 0) (local.get 1)) (i32.const 0))
  (func (export "pair") (param i32 i32 i32 i32) (result i32)
   (call $pair (local.get 0) (local.get 1) (local.get 2) (local.get 3)) (i32.const 0))
  (func (export "callback") (param i32 i32 i32) (result i32) (unreachable)))
 (core func $option (canon task.return (result (option u32))))
 (core func $pair (canon task.return (result $pair)))
 (core instance $i (instantiate $m
  (with "" (instance (export "option" (func $option)) (export "pair" (func $pair))))))
 (func (export "option") async (param "v" (option u32)) (result (option u32))
  (canon lift (core func $i "option") async (callback (core func $i "callback"))))
 (func (export "pair") async (param "v" $pair) (result $pair)
  (canon lift (core func $i "pair") async (callback (core func $i "callback")))))
