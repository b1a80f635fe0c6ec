(component
  (import "swap" (func $swap (param "names" (map u32 string)) (result (map u32 string))))
  (core module $memory ALLOCATING)
  (core instance $memory (instantiate $memory))
  (core func $swap (canon lower (func $swap) (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
  (core module $m
   (import "host" "swap" (func $swap (param i32 i32 i32)))
   (func (export "swapped") (param i32 i32) (result i32) (call $swap (local.get 0) (local.get 1) (i32.const 0)) (i32.const 0)))
  (core instance $i (instantiate $m (with "host" (instance (export "swap" (func $swap))))))
  (type $names (map u32 string))
  (func (export "swapped") (param "names" $names) (result $names)
   (canon lift (core func $i "swapped") (memory (core memory $memory "memory")) (realloc (core func $memory "realloc")))))
