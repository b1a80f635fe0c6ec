(component
  (core module $m
    (memory (export "memory") 1) (data (i32.const 16) "\01\00\00\00\00\00\00\00\ff\ff\ff\ff\ff\ff\ff\ff")
    (func (export "view") (param i64) (result i32)
      (loop $l (local.set 0 (i64.sub (local.get 0) (i64.const 1))) (br_if $l (i64.ne (local.get 0) (i64.const 0))))
      (i32.const 16)))
  (core instance $i (instantiate $m))
  (type $r (record (field "small-one" u64) (field "large-one" u64)))
  (export $view "seen" (type $r))
  (func (export "view") (param "n" u64) (result $view) (canon lift (core func $i "view") (memory (core memory $i "memory")))))
