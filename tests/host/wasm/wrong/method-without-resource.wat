;; Malformed: `[method]r.f` is named as a method, but there is no resource `r` beside it, at byte 18
(component
  (import "[method]r.f" (func)))
