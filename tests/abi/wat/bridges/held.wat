(component
  (type $r' (resource (rep i32)))
  (core func $new (canon resource.new $r'))
  (core func $rep (canon resource.rep $r'))
  (core func $drop (canon resource.drop $r'))
  (core module $m
   (import "" "new" (func $new (param i32) (result i32)))
   (import "" "rep" (func $rep (param i32) (result i32)))
   (import "" "drop" (func $drop (param i32)))
   ALLOCATING
   (func (export "make") (param i32 i32) (result i32)
    (call $new (i32.add (i32.mul (local.get 1) (i32.const 1000)) (i32.load16_u (local.get 0)))))
   (func (export "see") (param i32 i32 i32) (result i32) (i32.add (local.get 0) (local.get 2)))
   (func (export "end") (param i32 i32 i32) (result i32) (call $rep (local.get 0)) (call $drop (local.get 0))))
  (core instance $i (instantiate $m
   (with "" (instance (export "new" (func $new)) (export "rep" (func $rep)) (export "drop" (func $drop))))))
  (export $r "name" (type $r'))
  (func (export "[constructor]name") (param "s" string) (result (own $r))
   (canon lift (core func $i "make") (memory (core memory $i "memory")) (realloc (core func $i "realloc")) string-encoding=utf16))
  (func (export "[method]name.see") (param "self" (borrow $r)) (param "s" string) (result u32)
   (canon lift (core func $i "see") (memory (core memory $i "memory")) (realloc (core func $i "realloc")) string-encoding=utf16))
  (func (export "end") (param "name" (own $r)) (param "s" string) (result u32)
   (canon lift (core func $i "end") (memory (core memory $i "memory")) (realloc (core func $i "realloc")) string-encoding=utf16)))
