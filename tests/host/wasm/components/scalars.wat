;; Every scalar, as parameter and as result.
(component
  (core module $m
    (func (export "ints") (param i32 i32 i32 i32 i32 i32 i64 i64) (result i64) local.get 6)
    (func (export "others") (param i32 f32 f64 i32) (result f64) local.get 2)
    (func (export "nothing"))
    (func (export "one") (param i32) (result i32) local.get 0)
    (func (export "f32") (result f32) f32.const 1))
  (core instance $i (instantiate $m))
  (func (export "ints") (param "a" s8) (param "b" u8) (param "c" s16) (param "d" u16) (param "e" s32) (param "f" u32) (param "g" s64)
    (param "h" u64) (result u64) (canon lift (core func $i "ints")))
  (func (export "others") (param "a" bool) (param "b" f32) (param "c" f64) (param "d" char) (result f64) (canon lift (core func $i "others")))
  (func (export "nothing") (canon lift (core func $i "nothing")))
  (func (export "bool") (param "x" bool) (result bool) (canon lift (core func $i "one")))
  (func (export "s8") (param "x" s8) (result s8) (canon lift (core func $i "one")))
  (func (export "char") (param "x" char) (result char) (canon lift (core func $i "one")))
  (func (export "f32") (result f32) (canon lift (core func $i "f32"))))
