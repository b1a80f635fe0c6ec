;; Exports an interface: `up` makes the first letter of a text a capital.
(component
  (core module $text
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 256)
    (func (export "up") (param i32 i32) (result i32)
      (i32.store8 (local.get 0) (i32.sub (i32.load8_u (local.get 0)) (i32.const 32)))
      (i32.store (i32.const 64) (local.get 0))
      (i32.store (i32.const 68) (local.get 1))
      i32.const 64))
  (core instance $i (instantiate $text))
  (alias core export $i "memory" (core memory $memory))
  (alias core export $i "realloc" (core func $realloc))
  (alias core export $i "up" (core func $core-up))
  (func $up (param "s" string) (result string)
    (canon lift (core func $core-up) (memory $memory) (realloc $realloc)))
  (instance $exported (export "up" (func $up)))
  (export "my:dep/text@0.1.0" (instance $exported)))
