;; The layout that adapters bring: a main module, a table of lowered functions, and a module that fills the table.
(component
  (import "test:host/out" (instance $out (export "write" (func (param "b" (list u8))))))
  (core module $main
    (import "wasi_snapshot_preview1" "write" (func $w (param i32 i32)))
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 64)
    (func (export "run") (call $w (i32.const 0) (i32.const 3))))
  (core module $shim
    (table (export "$imports") 1 1 funcref)
    (func (export "0") (param i32 i32) (call_indirect (param i32 i32) (local.get 0) (local.get 1) (i32.const 0))))
  (core module $fixup
    (import "" "0" (func $f (param i32 i32)))
    (import "" "$imports" (table 1 1 funcref))
    (elem (i32.const 0) func $f))
  (core instance $shim (instantiate $shim))
  (core instance $main (instantiate $main (with "wasi_snapshot_preview1" (instance (export "write" (func $shim "0"))))))
  (alias export $out "write" (func $write))
  (core func $write' (canon lower (func $write) (memory (core memory $main "memory"))))
  (core instance (instantiate $fixup (with "" (instance (export "0" (func $write')) (export "$imports" (table $shim "$imports"))))))
  (func (export "run") (canon lift (core func $main "run"))))
