;; Refused: The component's import `f` uses a fixed-length list, which Moonwit does not take yet.
(component
  (type $l (list u8 4))
  (import "f" (func (param "x" $l))))
