(component
(core module $m
 (memory (export "memory") 1)
 (global $next (mut i32) (i32.const 16))
 (global $inside (mut i32) (i32.const 0))
 ALLOC
 CORE)
(core instance $i (instantiate $m))
DEFINITIONS
LIFTS)
