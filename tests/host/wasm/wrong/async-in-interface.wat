;; Refused: The component's import `a:b/c@0.3.0#handle` is an async function (WASI 0.3), which Moonwit does not take yet.
(component
  (import "a:b/c@0.3.0" (instance (export "handle" (func async)))))
