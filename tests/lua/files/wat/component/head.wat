(component
(import "wasi:io/error@0.2.0" (instance $errors (export "error" (type (sub resource)))))
(alias export $errors "error" (type $error))
(import "wasi:io/streams@0.2.0" (instance IDS_WASI_IO_STREAMS (alias outer 1 $error (type $error))
  (export "input-stream" (type $input (sub resource))) (export "output-stream" (type $output (sub resource)))
  (type $problem-0 VARIANT) (export "stream-error" (type $problem (eq $problem-0)))
  (export "[method]input-stream.blocking-read"
    (func (param "self" (borrow $input)) (param "len" u64) (result (result (list u8) (error $problem)))))
  (export "[method]output-stream.splice"
    (func (param "self" (borrow $output)) (param "src" (borrow $input)) (param "len" u64) (result (result u64 (error $problem)))))
  (export "[method]output-stream.blocking-splice"
    (func (param "self" (borrow $output)) (param "src" (borrow $input)) (param "len" u64) (result (result u64 (error $problem)))))
  (export "[method]output-stream.blocking-write-and-flush"
    (func (param "self" (borrow $output)) (param "contents" (list u8)) (result (result (error $problem)))))))
(alias export IDS_WASI_IO_STREAMS "input-stream" (type $input))
(alias export IDS_WASI_IO_STREAMS "output-stream" (type $output))
(import "TYPES@0.2.0" (instance IDS_TYPES ALIAS
FILESYSTEM))
(alias export IDS_TYPES "descriptor" (type $descriptor))
(alias export IDS_TYPES "directory-entry-stream" (type $entries))
(import "wasi:filesystem/preopens@0.2.0" (instance IDS_WASI_FILESYSTEM_PREO
  (alias outer 1 $descriptor (type $descriptor))
  (export "get-directories" (func (result (list (tuple (own $descriptor) string)))))))
(import "wasi:clocks/monotonic-clock@0.2.0" (instance IDS_WASI_CLOCKS_MONOTONI (export "now" (func (result u64)))))
(import "wasi:random/random@0.2.0" (instance IDS_WASI_RANDOM_RANDOM (export "get-random-u64" (func (result u64)))))
(import "wasi:cli/environment@0.2.0" (instance IDS_WASI_CLI_ENVIRONMENT (export "get-arguments" (func (result (list string))))))
(import "wasi:http/types@0.2.0" (instance IDS_WASI_HTTP_TYPES (export "fields" (type $fields (sub resource)))
  (export "[constructor]fields" (func (result (own $fields))))))
(import "wippy:runtime/funcs@0.1.0" (instance IDS_WIPPY_RUNTIME_FUNCS
  (export "call-string" (func (param "target" string) (param "input" string) (result (result string (error string)))))))
(core module $libc (memory (export "m") 64) (global $at (mut i32) (i32.const 0x200000))
  (func (export "r") (param i32 i32 i32 i32) (result i32)
    (global.set $at (i32.and (i32.add (global.get $at) (i32.const 7)) (i32.const -8)))
    (if (i32.gt_u (global.get $at) (i32.const 0x300000)) (then (global.set $at (i32.const 0x200000))))
    (global.get $at) (global.set $at (i32.add (global.get $at) (local.get 3)))))
(core instance $libc (instantiate $libc))
