(component
  (core module $m (global $runs (mut i32) (i32.const 0))
   (func (export "go") (global.set $runs (i32.add (global.get $runs) (i32.const 1))))
   (func (export "post") (global.set $runs (i32.add (global.get $runs) (i32.const 10))))
   (func (export "runs") (result i32) (global.get $runs)))
  (core instance $i (instantiate $m))
  (func $go (canon lift (core func $i "go") (post-return (core func $i "post"))))
  (func (export "runs") (result u32) (canon lift (core func $i "runs"))))
