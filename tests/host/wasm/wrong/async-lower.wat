;; Refused: The component calls an import asynchronously (WASI 0.3), which Moonwit does not take yet.
(component
  (import "f" (func $f))
  (core func (canon lower (func $f) async)))
