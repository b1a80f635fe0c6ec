;; Sixteen flat parameters, seventeen, and results that go through memory.
(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 64)
    (func (export "sixteen") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32))
    (func (export "seventeen") (param i32) (result i32) local.get 0))
  (core instance $i (instantiate $m))
  (type $four (tuple u8 u16 u32 s8))
  (func (export "sixteen") (param "a" $four) (param "b" $four) (param "c" $four) (param "d" $four) (canon lift (core func $i "sixteen")))
  (func (export "seventeen") (param "a" $four) (param "b" $four) (param "c" $four) (param "d" $four) (param "e" bool)
    (result (tuple $four $four)) (canon lift (core func $i "seventeen") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))
