;; Unsupported: The export `g` is the imported function `f` passed on.
(component
  (import "f" (func $f (result u32)))
  (export "g" (func $f)))
