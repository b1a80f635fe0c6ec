(module
  (type $function (func)) (type $structure (sub (struct (field (mut i32)) (field (mut i8)))))
  (type $numbers (sub (array (mut i32)))) (type $references (array (mut funcref))) (type $bytes (array (mut i8)))
  (import "" "out" (func $out (type $function)))
  (table 3 funcref) (table 3 funcref) (memory 1) (memory 1) (global (mut i32) (i32.const 0)) (global i32 (i32.const 0))
  (tag) (tag)
  (export "f" (func $f)) (elem func $out $f) (elem funcref (ref.func $out)) (data "a") (data "b")
  (func $f (data.drop 0)))
