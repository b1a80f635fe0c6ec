;; Malformed: `[constructor]a` is named as a constructor, but its result is not an own<a>, at byte 26
(component
  (import "a" (type $a (sub resource)))
  (import "[constructor]a" (func)))
