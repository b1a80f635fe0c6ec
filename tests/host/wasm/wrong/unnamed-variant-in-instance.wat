;; Malformed: the import `a:b/c`: expected types that are imported under a name before it, got a variant type, at byte 44
(component
  (import "a:b/c" (instance
    (type $t (variant (case "a") (case "b" u8)))
    (export "f" (func (result (result $t)))))))
