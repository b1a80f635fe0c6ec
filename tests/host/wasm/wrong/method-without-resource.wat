;; Malformed: import `[method]r.f` is named as a method of `r`, which is not a resource beside it
(component
  (import "[method]r.f" (func)))
