;; Malformed: 'a:b/c/d' is not the name of an import or export, at byte 16
(component (import "a:b/c/d" (instance)))
