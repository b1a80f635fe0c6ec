;; Malformed: 'getURL' is not the name of an import or export, at byte 18
(component (import "getURL" (func)))
