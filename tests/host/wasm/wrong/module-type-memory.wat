;; Malformed: the size of a memory or table must be at most 65536, not 65537, at byte 19
(component
  (core type (module (import "a" "m" (memory 65537)))))
