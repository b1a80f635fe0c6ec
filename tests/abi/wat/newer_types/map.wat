(component
  (core module $m ALLOCATING
   (func (export "back") (param i32 i32) (result i32)
    (i32.store (i32.const 0) (local.get 0)) (i32.store (i32.const 4) (local.get 1)) (i32.const 0))
   (func (export "sizes") (param i32 i32) (result i32) (local.get 1)))
  (core instance $i (instantiate $m))
  (type $map (map string u32))
  (func (export "back") (param "scores" $map) (result $map)
   (canon lift (core func $i "back") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
  (func (export "count") (param "scores" $map) (result u32)
   (canon lift (core func $i "sizes") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
  (type $numbers (map u64 string))
  (func (export "numbers") (param "names" $numbers) (result $numbers)
   (canon lift (core func $i "back") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))
