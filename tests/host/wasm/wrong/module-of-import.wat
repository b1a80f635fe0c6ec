;; Refused: The component imports the core module `host#m`, which Moonwit does not take yet: only functions can be imported.
(component
  (import "host" (instance $h (export "m" (core module $m (export "f" (func (result i32)))))))
  (alias export $h "m" (core module $m))
  (core instance $i (instantiate $m))
  (func (export "f") (result u32) (canon lift (core func $i "f"))))
