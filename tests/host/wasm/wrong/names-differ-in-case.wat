;; Malformed: the imports `get-URL` and `get-url` are the same name, at byte 39
(component
  (import "get-URL" (func))
  (import "get-url" (func)))
