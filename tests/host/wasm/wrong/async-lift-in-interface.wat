;; Refused: The component's export `test:a/b#run` is lifted as an async function (WASI 0.3), which Moonwit does not take yet.
(component
  (core module $m (func (export "f") (result i32) i32.const 0) (func (export "cb") (param i32 i32 i32) (result i32) i32.const 0))
  (core instance $i (instantiate $m))
  (func $run (canon lift (core func $i "f") async (callback (core func $i "cb"))))
  (instance (export "test:a/b") (export "run" (func $run))))
