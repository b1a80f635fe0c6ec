(component
  (core module $m ALLOCATING (func (export "f") (param i32)))
  (core instance $i (instantiate $m))
  (type $inner (list u8 25))
  (type $outer (list $inner OUTER))
  (func (export "f") (param "x" $outer)
   (canon lift (core func $i "f") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))
