;; Malformed: the import `a:b/c` uses a variant type, which must be imported under a name before, at byte 44
(component
  (import "a:b/c" (instance
    (type $t (variant (case "a") (case "b" u8)))
    (export "f" (func (result (result $t)))))))
