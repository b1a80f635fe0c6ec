(component COUNTERS HOLDER
  (instance $counters (instantiate $counters))
  (instance $h (instantiate $holder (with "counters" (instance $counters))))
  (export "t:c/counters" (instance $counters))
  (alias export $counters "counter" (type $c))
  (instance $out (export "counter" (type $c)) (export "give" (func $h "give")) (export "look" (func $h "look"))
   (export "leak" (func $h "leak")) (export "take" (func $h "take")))
  (export "t:c/holder" (instance $out))
  (export "index" (func $h "index")) (export "kept" (func $h "kept")) (export "end" (func $h "end")))
