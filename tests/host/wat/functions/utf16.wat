(component
  (type $r (resource (rep i32))) (export $thing "thing" (type $r))
  (core module $m (memory (export "m") 1) (func (export "r") (param i32 i32 i32 i32) (result i32) i32.const 8)
    (func (export "f") (param i32 i32 i32)))
  (core instance $i (instantiate $m))
  (func (export "say") (param "s" string) (param "t" (own $thing))
    (canon lift (core func $i "f") string-encoding=utf16 (memory (core memory $i "m")) (realloc (core func $i "r")))))
