(component
  (component $called
   (core module $m REALLOC TAG
    (data (i32.const 64) "\ff\00\00\d8")
    (data (i32.const 80) "\01\00\00\00\40\00\00\00\01\00\00\00" "\02\00\00\00")
    (func (export "f") (param i32 i32) (result i32) RETURNED))
   (core instance $i (instantiate $m))
   (func (export "f") (param "s" string) (result MAYBE)
    (canon lift (core func $i "f") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))
     string-encoding=ENCODINGS)))
  (component $calling
   (import "f" (func $f (param "s" string) (result MAYBE)))
   (core module $libc ALLOCATING (data (i32.const 64) "\ff\00\00\d8"))
   (core instance $libc (instantiate $libc))
   (core func $f' (canon lower (func $f) (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))
    string-encoding=ENCODINGS_2))
   (core module $m (import "" "f" (func $f (param i32 i32 i32))) (func (export "run") (call $f PASSED (i32.const 32))))
   (core instance $i (instantiate $m (with "" (instance (export "f" (func $f'))))))
   (func (export "run") (canon lift (core func $i "run"))))
  (instance $a (instantiate $called))
  (instance $b (instantiate $calling (with "f" (func $a "f"))))
  (export "run" (func $b "run")))
