;; Malformed: the import `f`: expected types that are imported under a name before it, got the record `t`, at byte 90
(component
  (component $c
    (type $t (record (field "x" u32)))
    (export "t" (type $t)))
  (instance $i (instantiate $c))
  (alias export $i "t" (type $t))
  (import "f" (func (param "x" $t))))
