;; Refused: The component's import `read` uses a stream (WASI 0.3), which no call path here takes.
(component
  (type $s (stream u8))
  (import "read" (func (result $s))))
