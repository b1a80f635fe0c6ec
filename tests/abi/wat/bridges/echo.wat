(component
 (core module $m MEMORY
  (func (export "echo") (param A A) (result A)
   (A.store (A.const 16) (local.get 0)) (A.store (A.const SECOND) (local.get 1)) (A.const 16))
  (global $posts (mut i32) (i32.const 0))
  (func (export "post") (param A) (global.set $posts (i32.add (global.get $posts) (i32.const 1))))
  (func (export "posts") (result i32) (global.get $posts)))
 (core instance $i (instantiate $m))
 (func (export "echo") (param "s" string) (result string)
  (canon lift (core func $i "echo") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))
   (post-return (core func $i "post")) string-encoding=ENCODING))
 (type $resource (resource (rep i32)))
 (func (export "posts") (result u32) (canon lift (core func $i "posts"))))
