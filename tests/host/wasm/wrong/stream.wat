;; Refused: The component's import `read` uses a stream (WASI 0.3), which Moonwit does not take yet.
(component
  (type $s (stream u8))
  (import "read" (func (result $s))))
