(component
  (import "wippy:runtime/funcs@0.1.0" (instance $f
    (export "call-string" (func (param "target" string) (param "input" string) (result (result string (error string)))))
    (export "call-bytes" (func (param "target" string) (param "input" (list u8)) (result (result (list u8) (error string)))))))
  (core module $libc (memory (export "m") 1) (global $at (mut i32) (i32.const 4096))
    (func (export "r") (param i32 i32 i32 i32) (result i32)
      (global.set $at (i32.and (i32.add (global.get $at) (i32.const 7)) (i32.const -8)))
      (global.get $at) (global.set $at (i32.add (global.get $at) (local.get 3)))))
  (core instance $libc (instantiate $libc))
  (core func $string (canon lower (func $f "call-string") (memory (core memory $libc "m")) (realloc (core func $libc "r"))))
  (core func $bytes (canon lower (func $f "call-bytes") (memory (core memory $libc "m")) (realloc (core func $libc "r"))))
  (core module $main
    (import "h" "string" (func $string (param i32 i32 i32 i32 i32)))
    (import "h" "bytes" (func $bytes (param i32 i32 i32 i32 i32)))
    (func (export "ask") (param i32 i32 i32 i32) (result i32)
      (call $string (local.get 0) (local.get 1) (local.get 2) (local.get 3) (i32.const 64)) (i32.const 64))
    (func (export "ask-bytes") (param i32 i32 i32 i32) (result i32)
      (call $bytes (local.get 0) (local.get 1) (local.get 2) (local.get 3) (i32.const 128)) (i32.const 128)))
  (core instance $main (instantiate $main
    (with "h" (instance (export "string" (func $string)) (export "bytes" (func $bytes))))))
  (func (export "ask") (param "target" string) (param "input" string) (result (result string (error string)))
    (canon lift (core func $main "ask") (memory (core memory $libc "m")) (realloc (core func $libc "r"))))
  (func (export "ask-bytes") (param "target" string) (param "input" (list u8)) (result (result (list u8) (error string)))
    (canon lift (core func $main "ask-bytes") (memory (core memory $libc "m")) (realloc (core func $libc "r")))))
