;; Malformed: '[constructor]a.f' is not the name of an import or export, at byte 28
(component
  (import "a" (type $a (sub resource)))
  (import "[constructor]a.f" (func (result (own $a)))))
