(component
  (component $shout
   (core module $m ALLOCATING
    (global $calls (mut i32) (i32.const 0))
    (func (export "shout") (param i32 i32) (result i32)
     (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
     (i32.store8 (local.get 0) (i32.add (i32.const 64) (global.get $calls)))
     (i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1)) (i32.const 16)))
   (core instance $i (instantiate $m))
   (func (export "shout") (param "s" string) (result string)
    (canon lift (core func $i "shout") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))
  (component $ask
   (import "shout" (func $shout (param "s" string) (result string)))
   (core module $libc ALLOCATING)
   (core instance $libc (instantiate $libc))
   (core func $shout' (canon lower (func $shout) (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))
    string-encoding=utf16))
   (core module $m
    (import "" "memory" (memory 1)) (import "" "shout" (func $shout (param i32 i32 i32)))
    (data (i32.const 0) "m\00o\00o\00n\00")
    (func (export "ask") (result i32)
     (call $shout (i32.const 0) (i32.const 4) (i32.const 32))
     (i32.add (i32.mul (i32.load (i32.const 36)) (i32.const 1000)) (i32.load16_u (i32.load (i32.const 32))))))
   (core instance $i (instantiate $m
    (with "" (instance (export "memory" (memory $libc "memory")) (export "shout" (func $shout'))))))
   (func (export "ask") (result u32) (canon lift (core func $i "ask"))))
  (instance $a (instantiate $shout))
  (instance $b (instantiate $ask (with "shout" (func $a "shout"))))
  (instance $c (instantiate $ask (with "shout" (func $a "shout"))))
  (export "one" (func $b "ask"))
  (export "other" (func $c "ask"))
  (instance $inner (export "ask" (func $b "ask")))
  (instance $outer (export "inner" (instance $inner)))
  (export "a:b/outer" (instance $outer)))
