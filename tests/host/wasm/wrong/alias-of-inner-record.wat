;; Malformed: the import `f` uses the record `t`, which must be imported under a name before, at byte 90
(component
  (component $c
    (type $t (record (field "x" u32)))
    (export "t" (type $t)))
  (instance $i (instantiate $c))
  (alias export $i "t" (type $t))
  (import "f" (func (param "x" $t))))
