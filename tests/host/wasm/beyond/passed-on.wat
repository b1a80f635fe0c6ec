(component
  (import "f" (func $f (result u32)))
  (export "g" (func $f)))
