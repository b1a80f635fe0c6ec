(component
      (import "wasi:io/error@0.2.3" (instance $error (export "error" (type (sub resource)))))
      (alias export $error "error" (type $error-type))
      (import "wasi:io/streams@0.2.3" (instance $io
        (export "output-stream" (type $out (sub resource)))
        (alias outer 1 $error-type (type $failure))
        (type $problem (variant (case "last-operation-failed" (own $failure)) (case "closed")))
        (export "stream-error" (type $stream-error (eq $problem)))
        (export "[method]output-stream.write-zeroes"
          (func (param "self" (borrow $out)) (param "len" u64) (result (result (error $stream-error)))))))
      (alias export $io "output-stream" (type $output))
      (import "wasi:cli/stdout@0.2.3" (instance $stdout
        (alias outer 1 $output (type $out))
        (export "output-stream" (type $stream (eq $out)))
        (export "get-stdout" (func (result (own $stream))))))
      (import "wasi:cli/exit@0.2.3" (instance $exit (export "exit-with-code" (func (param "status-code" u8)))))
      (core module $memory (memory (export "memory") 1))
      (core instance $m (instantiate $memory))
      (alias core export $m "memory" (core memory $mem))
      (core func $get (canon lower (func $stdout "get-stdout")))
      (core func $write (canon lower (func $io "[method]output-stream.write-zeroes") (memory $mem)))
      (core func $leave (canon lower (func $exit "exit-with-code")))
      (core module $main
        (import "" "get" (func $get (result i32)))
        (import "" "write" (func $write (param i32 i64 i32)))
        (import "" "leave" (func $leave (param i32)))
        (func (export "run") (result i32)
          (call $write (call $get) (i64.const SIZE) (i32.const 0)) (call $leave (i32.const 7)) (i32.const 0)))
      (core instance $i (instantiate $main
        (with "" (instance (export "get" (func $get)) (export "write" (func $write)) (export "leave" (func $leave))))))
      (func $run (result (result)) (canon lift (core func $i "run")))
      (instance $r (export "run" (func $run)))
      (export "wasi:cli/run@0.2.3" (instance $r)))
