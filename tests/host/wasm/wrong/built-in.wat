;; Refused: The component uses the canonical built-in `waitable-set.new` (WASI 0.3), which no call path here takes.
(component
  (core func (canon waitable-set.new)))
