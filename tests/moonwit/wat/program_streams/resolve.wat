(component
  (import "wasi:sockets/network@0.2.3" (instance $net
    (export "network" (type (sub resource)))
    (type $code (enum "unknown" "access-denied" "not-supported" "invalid-argument" "out-of-memory" "timeout" "concurrency-conflict"
      "not-in-progress" "would-block" "invalid-state" "new-socket-limit" "address-not-bindable" "address-in-use" "remote-unreachable"
      "connection-refused" "connection-reset" "connection-aborted" "datagram-too-large" "name-unresolvable"
      "temporary-resolver-failure" "permanent-resolver-failure"))
    (export "error-code" (type (eq $code)))))
  (alias export $net "network" (type $network)) (alias export $net "error-code" (type $code))
  (import "wasi:sockets/instance-network@0.2.3" (instance $own
    (alias outer 1 $network (type $n)) (export "network" (type $exported (eq $n)))
    (export "instance-network" (func (result (own $exported))))))
  (import "wasi:sockets/ip-name-lookup@0.2.3" (instance $names
    (alias outer 1 $network (type $n)) (export "network" (type $exported (eq $n)))
    (alias outer 1 $code (type $c)) (export "error-code" (type $error (eq $c)))
    (export "resolve-address-stream" (type $stream (sub resource)))
    (export "resolve-addresses" (func (param "network" (borrow $exported)) (param "name" string)
      (result (result (own $stream) (error $error)))))))
  (core module $memory (memory (export "memory") 1) (data (i32.const 100) "localhost"))
  (core instance $m (instantiate $memory))
  (alias core export $m "memory" (core memory $mem))
  (core func $own-network (canon lower (func $own "instance-network")))
  (core func $resolve (canon lower (func $names "resolve-addresses") (memory $mem)))
  (core module $main (import "" "own" (func $own (result i32))) (import "" "resolve" (func $resolve (param i32 i32 i32 i32)))
    (import "" "memory" (memory 1))
    (func (export "run") (result i32)
      (call $resolve (call $own) (i32.const 100) (i32.const 9) (i32.const 0)) (i32.load8_u (i32.const 0))))
  (core instance $i (instantiate $main (with "" (instance
    (export "own" (func $own-network)) (export "resolve" (func $resolve)) (export "memory" (memory $mem))))))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (instance $r (export "run" (func $run)))
  (export "wasi:cli/run@0.2.3" (instance $r)))
