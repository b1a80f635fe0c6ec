;; Malformed: 'wasi:http/types@1.2' is not the name of an import or export, at byte 16
(component (import "wasi:http/types@1.2" (instance)))
