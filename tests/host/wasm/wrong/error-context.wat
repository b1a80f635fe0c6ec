;; Refused: The component's import `a:b/c#fail` uses an error context (WASI 0.3), which Moonwit does not take yet.
(component
  (import "a:b/c" (instance (export "fail" (func (param "why" error-context))))))
