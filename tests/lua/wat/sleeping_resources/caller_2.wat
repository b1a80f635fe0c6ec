(import "wippy:runtime/funcs" (instance $funcs
 (export "call-string" (func (param "target" string) (param "input" string) (result (result string (error string)))))))
(core func $call (canon lower (func $funcs "call-string") (memory (core memory $lib "memory")) (realloc (core func $lib "realloc"))))
(type $thing' (resource (rep i32)))
(export $thing "thing" (type $thing'))
(core func $new (canon resource.new $thing'))
