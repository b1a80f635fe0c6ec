;; Functions imported with and without an interface, lowered with every kind of signature.
(component
  (import "log" (func $log (param "text" string)))
  (import "test:host/store@1.2.3" (instance $store
    (type $key' (record (field "a" u32) (field "b" string)))
    (export "key" (type $key (eq $key')))
    (export "get" (func (param "k" $key) (result (option string))))
    (export "size" (func (result u64)))
    (export "wide" (func (param "a" (tuple u8 u8 u8 u8 u8 u8 u8 u8 u8)) (param "b" (tuple u8 u8 u8 u8 u8 u8 u8 u8 u8)) (result (result (error string)))))))
  (core module $lib
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 64))
  (core module $m
    (import "store" "get" (func (param i32 i32 i32 i32)))
    (import "store" "size" (func (result i64)))
    (import "store" "wide" (func (param i32 i32)))
    (import "" "log" (func $log (param i32 i32)))
    (import "lib" "memory" (memory 1))
    (func (export "run") (call $log (i32.const 0) (i32.const 0))))
  (core instance $lib (instantiate $lib))
  (alias export $store "get" (func $get))
  (alias export $store "size" (func $size))
  (alias export $store "wide" (func $wide))
  (core func $get' (canon lower (func $get) (memory (core memory $lib "memory")) (realloc (core func $lib "realloc"))))
  (core func $size' (canon lower (func $size)))
  (core func $wide' (canon lower (func $wide) (memory (core memory $lib "memory")) (realloc (core func $lib "realloc"))))
  (core func $log' (canon lower (func $log) (memory (core memory $lib "memory"))))
  (core instance $i (instantiate $m
    (with "store" (instance (export "get" (func $get')) (export "size" (func $size')) (export "wide" (func $wide'))))
    (with "" (instance (export "log" (func $log'))))
    (with "lib" (instance $lib))))
  (func (export "run") (canon lift (core func $i "run"))))
