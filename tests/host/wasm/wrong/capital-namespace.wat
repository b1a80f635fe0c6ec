;; Malformed: 'Wasi:http/types' is not the name of an import or export, at byte 16
(component (import "Wasi:http/types" (instance)))
