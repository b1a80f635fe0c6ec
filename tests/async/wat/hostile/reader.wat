;; Reads from a stream of strings: with a realloc that traps, or so that it traps while it waits.
(component
 (type $s (stream string))
 (core module $libc (memory (export "memory") 1)
  (func (export "realloc") (param i32 i32 i32 i32) (result i32) (unreachable)))
 (core instance $libc (instantiate $libc))
 (core func $read (canon stream.read $s (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
 (core func $return (canon task.return))
 (core module $m
  (import "" "read" (func $read (param i32 i32 i32) (result i32)))
  (import "" "return" (func $return))
  (func (export "read") (param i32) (call $return) (drop (call $read (local.get 0) (i32.const 0) (i32.const 1))))
  (func (export "trap") (param i32) (unreachable)))
 (core instance $i (instantiate $m (with "" (instance (export "read" (func $read)) (export "return" (func $return))))))
 (func (export "read") async (param "s" $s) (canon lift (core func $i "read") async))
 (func (export "trap") async (param "s" $s) (canon lift (core func $i "trap") async)))
