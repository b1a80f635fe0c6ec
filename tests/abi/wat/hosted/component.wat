(component
INTERFACES
(core module $lib
 (type $realloc (func (param i32 i32 i32 i32) (result i32)))
 (memory (export "memory") PAGES) (table (export "table") 1 funcref)
 (global $next (mut i32) (i32.const 1024)) REALLOC)
(core instance $lib (instantiate $lib))
LOWERED
DROPS
(core module $m
 IMPORTS
 DROPPED
 (import "lib" "memory" (memory 1))
 (import "lib" "table" (table 1 funcref))
 (import "lib" "realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
 CORE)
(core instance $i (instantiate $m (with "host" (instance EXPORTS)) (with "lib" (instance $lib))))
LIFTS)
