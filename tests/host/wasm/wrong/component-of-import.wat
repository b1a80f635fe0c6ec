;; Refused: The component imports the component `host#inner#c`, which Moonwit does not take yet: only functions can be imported.
(component
  (import "host" (instance (export "inner" (instance (export "c" (component)))))))
