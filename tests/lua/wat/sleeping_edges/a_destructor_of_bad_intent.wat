(core module $dtors (import "host" "duration" (func $duration (param i64) (result i32))) (import "host" "block" (func $block (param i32)))
 (import "host" "drop" (func $drop (param i32))) NAP
 (func (export "drop") (param i32) BODY))
(core instance $dtors (instantiate $dtors (with "host" (instance
 (export "duration" (func $duration)) (export "block" (func $block)) (export "drop" (func $drop))))))
(type $thing' (resource (rep i32) (dtor (core func $dtors "drop"))))
(export $thing "thing" (type $thing'))
(core func $new (canon resource.new $thing'))
