;; Refused: The component calls an import asynchronously (WASI 0.3), which no call path here takes.
(component
  (import "f" (func $f))
  (core func (canon lower (func $f) async)))
