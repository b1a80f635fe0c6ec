(component
  (core module $m ALLOCATING
   (func (export "sum") (param i32 i32 i32) (result i32)
    (i32.add (i32.mul (local.get 0) (i32.const 100)) (i32.add (i32.mul (local.get 1) (i32.const 10)) (local.get 2))))
   (func (export "twice") (param i32 i32 i32 i32) (result i32)
    (i32.store (i32.const 0) (local.get 0)) (i32.store (i32.const 4) (local.get 1))
    (i32.store (i32.const 8) (local.get 2)) (i32.store (i32.const 12) (local.get 3)) (i32.const 0)))
  (core instance $i (instantiate $m))
  (type $three (list u32 3))
  (type $two (list string 2))
  (func (export "sum") (param "values" $three) (result u32) (canon lift (core func $i "sum")))
  (func (export "twice") (param "words" $two) (result $two)
   (canon lift (core func $i "twice") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))
