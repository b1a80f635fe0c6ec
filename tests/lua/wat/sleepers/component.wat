(component
INTERFACES
LIB
POLL
DEFINITIONS
(core module $m IMPORTS
 (import "host" "poll" (func $poll (param i32 i32 i32)))
 (import "lib" "memory" (memory 1))
 (import "lib" "realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
 CORE)
(core instance $host HOST_REMOVEPREFIX_INSTAN (export "poll" (func $poll)) MORE)
(core instance $i (instantiate $m (with "host" (instance $host)) (with "lib" (instance $lib))))
LIFTS)
