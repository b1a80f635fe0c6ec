;; Malformed: expected (i32) -> () as a resource's destructor, got (i32, i32) -> (i32), at byte 159
(component
  (core module $m (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 64)
    (func (export "bad-realloc") (param i32 i32 i32) (result i32) i32.const 64)
    (func (export "post") (param i64))
    (func (export "f") (param i32 i32) (result i32) i32.const 64))
  (core instance $i (instantiate $m))
  (type (resource (rep i32) (dtor (core func $i "f")))))
