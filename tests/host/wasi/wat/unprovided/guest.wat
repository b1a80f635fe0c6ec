(component
  (import "INTERFACE" (instance $i (export "NAME" (func (result TYPE)))))
  (alias export $i "NAME" (func $f))
  (core func $f' (canon lower (func $f)))
  (core module $M (import "" "f" (func $f (result CORE))) (func (export "go") (drop (call $f))))
  (core instance $m (instantiate $M (with "" (instance (export "f" (func $f'))))))
  (func (export "go") (canon lift (core func $m "go"))))
