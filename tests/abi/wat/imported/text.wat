(component
(import "INTERFACE" (instance $h
DEFINITIONS
IMPORTS))
(core module $lib
 (memory (export "memory") 1)
 (global $next (mut i32) (i32.const 16))
 (global $inside (mut i32) (i32.const 1))
 ALLOC
 (func (export "leave") (global.set $next (i32.const 16))))
(core instance $lib (instantiate $lib))
LOWERED
(core module $m
 WANTED
 (import "lib" "realloc" (func $alloc (param i32 i32 i32 i32) (result i32)))
 (import "lib" "leave" (func $leave))
 CORE)
(core instance $i (instantiate $m (with "h" (instance FUNCTIONS)) (with "lib" (instance $lib))))
DEFINITIONS_2
LIFTS)
