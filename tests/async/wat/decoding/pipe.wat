(component
  (core module $libc (memory (export "memory") 1))
  (core instance $libc (instantiate $libc))
  (type $bytes (stream u8))
  (type $later (future string))
  (core func $new (canon stream.new $bytes))
  (core func $read (canon stream.read $bytes async (memory (core memory $libc "memory"))))
  (core func $return (canon task.return (result $later)))
  (core module $m
   (import "" "new" (func (result i64))) (import "" "read" (func (param i32 i32 i32) (result i32))) (import "" "return" (func (param i32)))
   (func (export "run") (param i32) (result i32) (i32.const 0))
   (func (export "add") (param i32 i32) (result i32) (i32.const 0))
   (func (export "callback") (param i32 i32 i32) (result i32) (i32.const 0)))
  (core instance $i (instantiate $m (with "" (instance
   (export "new" (func $new)) (export "read" (func $read)) (export "return" (func $return))))))
  (func (export "run") async (param "input" $bytes) (result $later)
   (canon lift (core func $i "run") async (callback (core func $i "callback"))))
  (func (export "add") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "add"))))
