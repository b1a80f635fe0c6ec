;; Malformed: `[static]t.f` is named as a static function, but there is no resource `t` beside it, at byte 45
(component
  (import "i" (instance $i (export "t" (type (sub resource)))))
  (alias export $i "t" (type $t))
  (import "[static]t.f" (func)))
