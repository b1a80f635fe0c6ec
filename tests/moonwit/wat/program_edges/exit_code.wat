(component
  (import "wasi:cli/exit@0.2.3" (instance $x
    (export "exit" (func (param "status" (result)))) (export "exit-with-code" (func (param "status-code" u8)))))
  (core func $e (canon lower (func $x "exit-with-code")))
  (core func $r (canon lower (func $x "exit")))
  (core module $m (import "" "e" (func $e (param i32))) (import "" "r" (func $r (param i32)))
    (func (export "run") (result i32) CALL i32.const 0))
  (core instance $i (instantiate $m (with "" (instance (export "e" (func $e)) (export "r" (func $r))))))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (instance $r (export "run" (func $run)))
  (export "wasi:cli/run@0.2.3" (instance $r)))
