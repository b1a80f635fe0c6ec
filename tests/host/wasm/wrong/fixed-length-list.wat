;; Refused: The component's import `f` uses a fixed-length list, which no call path here takes.
(component
  (type $l (list u8 4))
  (import "f" (func (param "x" $l))))
