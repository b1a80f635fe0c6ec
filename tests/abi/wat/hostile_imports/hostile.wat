(component
(import "INTERFACE" (instance $h
DEFINITIONS
(export "thing" (type $thing (sub resource)))
(export "use" (func (param "a" (own $thing)) (param "b" (borrow $thing)) (param "c" (list (own $thing)))))
IMPORTS))
(core module $lib (memory (export "memory") 1 3) (data (i32.const 0) "DATA") (global $n (mut i32) (i32.const 0))
 (func (export "realloc") (param i32 i32 i32 i32) (result i32)
  (global.set $n (i32.and (i32.add (global.get $n) (i32.const 4)) (i32.const 1023)))
  (if (i32.eq (i32.and (global.get $n) (i32.const 60)) (i32.const 60)) (then (drop (memory.grow (i32.const 1)))))
  (if (i32.and (global.get $n) (i32.const 4)) (then (return (i32.const 4096))))
  (i32.load (global.get $n))))
(core instance $lib (instantiate $lib))
LOWERED
(core func $use (canon lower (func $h "use") (memory (core memory $lib "memory"))))
(core module $m
 WANTED
 (import "h" "use" (func $use (param i32 i32 i32 i32)))
 (table funcref (elem TEXT $handles))
 ATTACKS
 (func $handles (call $use (i32.const 1) (i32.const 2) (i32.const 0) (i32.const 3)))
 (func (export "go") (param i32) (call_indirect (local.get 0))))
(core instance $i (instantiate $m (with "h" (instance GIVEN (export "use" (func $use))))))
(func (export "go") (param "n" u32) (canon lift (core func $i "go"))))
