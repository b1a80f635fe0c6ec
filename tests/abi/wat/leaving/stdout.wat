(import "wasi:io/streams@0.2.0" (instance $streams (export "output-stream" (type (sub resource)))))
  (alias export $streams "output-stream" (type $output))
  (import "wasi:cli/stdout@0.2.0" (instance $stdout
   (alias outer 1 $output (type $o)) (export "output-stream" (type $output (eq $o))) (export "get-stdout" (func (result (own $output))))))
  (alias export $stdout "get-stdout" (func $stdout)) (core func $leave (canon lower (func $stdout)))
