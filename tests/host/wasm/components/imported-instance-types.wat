;; Resources of one imported interface used by the next, by way of an alias.
(component
  (import "test:io/error" (instance $error (export "error" (type (sub resource)))))
  (alias export $error "error" (type $error-type))
  (import "test:io/streams" (instance $streams
    (alias outer 1 $error-type (type $outer))
    (export "error" (type $e (eq $outer)))
    (export "stream" (type $s (sub resource)))
    (type $failure' (variant (case "failed" (own $e)) (case "closed")))
    (export "failure" (type $failure (eq $failure')))
    (export "[method]stream.read" (func (param "self" (borrow $s)) (param "n" u64) (result (result (list u8) (error $failure)))))))
  (alias export $streams "stream" (type $stream))
  (import "test:io/std" (instance
    (alias outer 1 $stream (type $outer))
    (export "stream" (type $s (eq $outer)))
    (export "get" (func (result (own $s)))))))
