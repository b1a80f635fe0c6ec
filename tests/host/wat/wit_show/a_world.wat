(component
  (import "host:a/files" (instance
    (export "file" (type $file (sub resource)))
    (type $mode (enum "read" "write")) (export "mode" (type $m (eq $mode)))
    (export "[constructor]file" (func (param "name" string) (result (own $file))))
    (export "[method]file.size" (func (param "self" (borrow $file)) (param "m" $m) (result u64)))
    (export "[static]file.open" (func (param "name" string) (result (result (own $file)))))))
  (core module $m (func (export "f")))
  (core instance $i (instantiate $m))
  (func (export "run") (canon lift (core func $i "f"))))
