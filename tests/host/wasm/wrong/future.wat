;; Refused: The component's import `read` uses a future (WASI 0.3), which Moonwit does not take yet.
(component
  (type $s (future (list u8)))
  (type $o (option $s))
  (type $l (tuple u8 $o))
  (import "read" (func (param "x" $l))))
