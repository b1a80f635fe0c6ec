;; The component around greet.c: its one function takes and gives a string. The module here only has the shape of the compiled one,
;; which build.py puts in its place.
(component
  (core module $greet
    (memory (export "memory") 1)
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
    (func (export "greet") (param i32 i32) (result i32) unreachable)
    (func (export "cabi_post_greet") (param i32)))
  (core instance $i (instantiate $greet))
  (func (export "greet") (param "name" string) (result string)
    (canon lift (core func $i "greet") (memory (core memory $i "memory")) (realloc (core func $i "cabi_realloc"))
      (post-return (core func $i "cabi_post_greet")))))
