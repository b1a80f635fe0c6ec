(component
     (type $s (stream u8))
     (core module $libc (memory (export "memory") 1)) (core instance $libc (instantiate $libc))
     (core func $read (canon stream.read $s async (memory (core memory $libc "memory"))))
     (core func $new (canon waitable-set.new)) (core func $join (canon waitable.join))
     (core module $m
      (import "" "read" (func $read (param i32 i32 i32) (result i32)))
      (import "" "new" (func $new (result i32))) (import "" "join" (func $join (param i32 i32)))
      (global $calls (mut i32) (i32.const 0))
      (func (export "f") (param i32) (result i32) (local $set i32)
       (if (global.get $calls) (then (unreachable)))
       (global.set $calls (i32.const 1))
       (drop (call $read (local.get 0) (i32.const 64) (i32.const 100)))
       (local.set $set (call $new)) (call $join (local.get 0) (local.get $set))
       (i32.or (i32.const 2) (i32.shl (local.get $set) (i32.const 4))))
      (func (export "c") (param i32 i32 i32) (result i32) (unreachable)))
     (core instance $i (instantiate $m (with "" (instance
      (export "read" (func $read)) (export "new" (func $new)) (export "join" (func $join))))))
     (func (export "f") async (param "s" $s) (result u32) (canon lift (core func $i "f") async (callback (core func $i "c")))))
