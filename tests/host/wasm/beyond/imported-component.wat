;; Refused: The component imports the component `c`, which Moonwit does not take yet: only functions can be imported.
(component
  (import "c" (component $c (import "n" (func (result u8))) (export "f" (func (result u32)))))
  (import "n" (func $n (result u8)))
  (instance $i (instantiate $c (with "n" (func $n))))
  (export "f" (func $i "f")))
