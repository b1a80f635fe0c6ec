;; Refused: The component uses the canonical built-in `waitable-set.new` (WASI 0.3), which Moonwit does not take yet.
(component
  (core func (canon waitable-set.new)))
