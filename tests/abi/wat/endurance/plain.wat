(component
  (core module $m
   (memory (export "memory") 1)
   (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
   (func (export "mul") (param i32 i32) (result i32) (i32.mul (local.get 0) (local.get 1)))
   (func (export "text") (param i32 i32) (result i32)
    (i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1)) (i32.const 16))
   (func (export "trap") (unreachable)))
  (core instance $i (instantiate $m))
  (func (export "mul") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "mul")))
  (func (export "text") (param "v" string) (result string)
   (canon lift (core func $i "text") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
  (func (export "trap") (canon lift (core func $i "trap"))))
