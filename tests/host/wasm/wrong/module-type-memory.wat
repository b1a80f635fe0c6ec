;; Malformed: expected at most 65536 as the size of a memory or table, got 65537, at byte 19
(component
  (core type (module (import "a" "m" (memory 65537)))))
