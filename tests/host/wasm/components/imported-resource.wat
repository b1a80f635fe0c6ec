;; A resource of an imported interface, taken, given back and dropped.
(component
  (import "test:host/files" (instance $files
    (export "file" (type $file (sub resource)))
    (export "[constructor]file" (func (param "path" u32) (result (own $file))))
    (export "[method]file.size" (func (param "self" (borrow $file)) (result u64)))
    (export "[static]file.merge" (func (param "a" (own $file)) (param "b" (own $file)) (result (own $file))))))
  (alias export $files "file" (type $file))
  (alias export $files "[constructor]file" (func $new))
  (alias export $files "[method]file.size" (func $size))
  (core func $new' (canon lower (func $new)))
  (core func $size' (canon lower (func $size)))
  (core func $drop (canon resource.drop $file))
  (core module $m
    (import "files" "new" (func $new (param i32) (result i32)))
    (import "files" "size" (func $size (param i32) (result i64)))
    (import "files" "drop" (func $drop (param i32)))
    (func (export "size-of") (param i32) (result i64) (call $size (call $new (local.get 0))))
    (func (export "pass") (param i32) (result i32) local.get 0))
  (core instance $i (instantiate $m
    (with "files" (instance (export "new" (func $new')) (export "size" (func $size')) (export "drop" (func $drop))))))
  (func (export "size-of") (param "path" u32) (result u64) (canon lift (core func $i "size-of")))
  (func (export "pass") (param "f" (own $file)) (result (own $file)) (canon lift (core func $i "pass")))
  (func (export "look") (param "f" (borrow $file)) (result u32) (canon lift (core func $i "pass"))))
