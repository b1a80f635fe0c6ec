;; Unsupported: The component imports the component `c`, which the direct call path does not link.
(component
  (import "c" (component $c (import "n" (func (result u8))) (export "f" (func (result u32)))))
  (import "n" (func $n (result u8)))
  (instance $i (instantiate $c (with "n" (func $n))))
  (export "f" (func $i "f")))
