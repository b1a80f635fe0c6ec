;; A resource with a destructor, exported in an interface through a component that only re-exports, as tools make it.
(component
  (core module $dtors
    (func (export "drop") (param i32)))
  (core instance $dtors (instantiate $dtors))
  (type $counter (resource (rep i32) (dtor (core func $dtors "drop"))))
  (core func $new (canon resource.new $counter))
  (core func $rep (canon resource.rep $counter))
  (core func $drop (canon resource.drop $counter))
  (core module $m
    (import "[export]test:own/counters" "[resource-new]counter" (func $new (param i32) (result i32)))
    (import "[export]test:own/counters" "[resource-rep]counter" (func $rep (param i32) (result i32)))
    (import "[export]test:own/counters" "[resource-drop]counter" (func $drop (param i32)))
    (func (export "new") (param i32) (result i32) (call $new (local.get 0)))
    (func (export "get") (param i32) (result i32) (local.get 0))
    (func (export "merge") (param i32 i32) (result i32) (call $rep (local.get 0))))
  (core instance $i (instantiate $m (with "[export]test:own/counters" (instance
    (export "[resource-new]counter" (func $new)) (export "[resource-rep]counter" (func $rep)) (export "[resource-drop]counter" (func $drop))))))
  (func $make (param "start" u32) (result (own $counter)) (canon lift (core func $i "new")))
  (func $get (param "self" (borrow $counter)) (result u32) (canon lift (core func $i "get")))
  (func $merge (param "a" (own $counter)) (param "b" (own $counter)) (result (own $counter)) (canon lift (core func $i "merge")))
  (component $shim
    (import "import-type-counter" (type $counter (sub resource)))
    (import "import-constructor-counter" (func $make (param "start" u32) (result (own $counter))))
    (import "import-method-counter-get" (func $get (param "self" (borrow $counter)) (result u32)))
    (import "import-static-counter-merge" (func $merge (param "a" (own $counter)) (param "b" (own $counter)) (result (own $counter))))
    (export $out "counter" (type $counter))
    (export "[constructor]counter" (func $make) (func (param "start" u32) (result (own $out))))
    (export "[method]counter.get" (func $get) (func (param "self" (borrow $out)) (result u32)))
    (export "[static]counter.merge" (func $merge) (func (param "a" (own $out)) (param "b" (own $out)) (result (own $out)))))
  (instance $counters (instantiate $shim
    (with "import-type-counter" (type $counter))
    (with "import-constructor-counter" (func $make))
    (with "import-method-counter-get" (func $get))
    (with "import-static-counter-merge" (func $merge))))
  (export "test:own/counters" (instance $counters)))
