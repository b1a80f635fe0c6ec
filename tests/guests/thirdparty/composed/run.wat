;; Imports that interface, and passes on what `run` is given.
(component
  (import "my:dep/text@0.1.0" (instance $text (export "up" (func (param "s" string) (result string)))))
  (core module $libc
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 512))
  (core instance $libc (instantiate $libc))
  (alias core export $libc "memory" (core memory $memory))
  (alias core export $libc "realloc" (core func $realloc))
  (alias export $text "up" (func $up))
  (core func $core-up (canon lower (func $up) (memory $memory) (realloc $realloc)))
  (core module $run
    (import "text" "up" (func $up (param i32 i32 i32)))
    (func (export "run") (param i32 i32) (result i32)
      (call $up (local.get 0) (local.get 1) (i32.const 128))
      i32.const 128))
  (core instance $i (instantiate $run (with "text" (instance (export "up" (func $core-up))))))
  (alias core export $i "run" (core func $core-run))
  (func (export "run") (param "s" string) (result string)
    (canon lift (core func $core-run) (memory $memory) (realloc $realloc))))
