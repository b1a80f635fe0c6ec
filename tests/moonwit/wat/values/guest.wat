(component
  (core module $M
    (memory (export "mem") 1)
    (data (i32.const 64) "\01")                              ;; err, then the record
    (data (i32.const 128) "\60\00\00\00\02\00\00\00")        ;; a list of two records at 96
    (func (export "zero") (result i32) (i32.const 0))
    (func (export "fails") (result i32) (i32.const 64))
    (func (export "listed") (result i32) (i32.const 128))
    (func (export "same") (param i64) (result i64) (local.get 0)))
  (core instance $m (instantiate $M))
  (alias core export $m "mem" (core memory $mem))
  (type $r' (record (field "a" (option u8)) (field "b" (option u8))))
  (export $r "r" (type $r'))
  (type $f' (flags "x" "y"))
  (export $f "f" (type $f'))
  (type $both' (record (field "inner" $r) (field "set" $f) (field "list" (list u32)) (field "maybe" (option $r))))
  (export $both "both" (type $both'))
  (func (export "plain") (result $r) (canon lift (core func $m "zero") (memory $mem)))
  (func (export "flags") (result $f) (canon lift (core func $m "zero")))
  (func (export "inside") (result $both) (canon lift (core func $m "zero") (memory $mem)))
  (func (export "fails") (result (result (error $r))) (canon lift (core func $m "fails") (memory $mem)))
  (func (export "listed") (result (list $r)) (canon lift (core func $m "listed") (memory $mem)))
  (func (export "unsigned") (param "n" u64) (result u64) (canon lift (core func $m "same")))
  (func (export "signed") (param "n" s64) (result s64) (canon lift (core func $m "same"))))
