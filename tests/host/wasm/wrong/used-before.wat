;; Malformed: there is no core module 0, only 0 defined so far, at byte 11
(component
  (core instance (instantiate 0))
  (core module))
