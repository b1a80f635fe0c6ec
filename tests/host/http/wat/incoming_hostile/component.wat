(component
  (import "wasi:http/types@0.2.0" (instance $t
    EXPORTS
    (type $variant (variant (case "invalid-syntax") (case "forbidden") (case "immutable")))
    (export "header-error" (type $he (eq $variant)))
    IMPORTED))
  ALIASES
  (core module $memory (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0x7ffffff0)))
  (core instance $mem (instantiate $memory))
  LOWERED DROPPED
  (core module $m CORE (import "h" "drop-request" (func $drop-request (param i32)))
    (func (export "handle") (param i32 i32) (local i32) CODE))
  (core instance $i (instantiate $m (with "h" (instance GIVEN))))
  (func $handle (param "request" (own $a-request)) (param "response-out" (own $a-out)) (canon lift (core func $i "handle")))
  (instance $h (export "handle" (func $handle)))
  (export "wasi:http/incoming-handler@0.2.0" (instance $h)))
