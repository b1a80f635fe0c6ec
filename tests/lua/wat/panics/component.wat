(component
  (import "wasi:io/error@0.2.0" (instance $error (export "error" (type (sub resource)))))
  (alias export $error "error" (type $e))
  (import "wasi:io/streams@0.2.0" (instance $streams
    (export "output-stream" (type $o (sub resource)))
    (alias outer 1 $e (type $e1)) (export "error" (type $e2 (eq $e1)))
    (type $v (variant (case "last-operation-failed" (own $e2)) (case "closed"))) (export "stream-error" (type $v2 (eq $v)))
    (export "[method]output-stream.blocking-write-and-flush"
      (func (param "self" (borrow $o)) (param "contents" (list u8)) (result (result (error $v2)))))))
  (alias export $streams "output-stream" (type $os))
  (import "wasi:cli/stderr@0.2.0" (instance $stderr
    (alias outer 1 $os (type $a)) (export "output-stream" (type $b (eq $a))) (export "get-stderr" (func (result (own $b))))))
  (core module $memory (memory (export "memory") 1) (data (i32.const 100) "panic: quietly"))
  (core instance $mem (instantiate $memory))
  (core func $get (canon lower (func $stderr "get-stderr")))
  (core func $write (canon lower (func $streams "[method]output-stream.blocking-write-and-flush") (memory (core memory $mem "memory"))))
  (core module $m
    (import "i" "get" (func $get (result i32))) (import "i" "write" (func $write (param i32 i32 i32 i32))) (import "i" "memory" (memory 1))
    (func (export "fail") (call $write (call $get) (i32.const 100) (i32.const 14) (i32.const 16)) unreachable))
  (core instance $i (instantiate $m (with "i" (instance (export "get" (func $get)) (export "write" (func $write))
    (export "memory" (memory $mem "memory"))))))
  (func (export "fail") (canon lift (core func $i "fail"))))
