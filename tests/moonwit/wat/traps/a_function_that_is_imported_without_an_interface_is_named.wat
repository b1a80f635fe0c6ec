(component (import "log-it" (func $log)) (core func $lowered (canon lower (func $log)))
      (core module $m (import "i" "f" (func $f)) (func (export "go") (call $f)))
      (core instance $i (instantiate $m (with "i" (instance (export "f" (func $lowered))))))
      (func (export "go") (canon lift (core func $i "go"))))
