;; Malformed: `[static]a.f` is named as a static function, but there is no resource `a` beside it, at byte 26
(component
  (import "b" (type $b (sub resource)))
  (import "[static]a.f" (func)))
