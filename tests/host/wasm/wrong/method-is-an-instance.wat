;; Malformed: `[method]a.f` is named as a method, but is not a function, it is of the sort instance, at byte 24
(component
  (import "a" (type $a (sub resource)))
  (import "[method]a.f" (instance)))
