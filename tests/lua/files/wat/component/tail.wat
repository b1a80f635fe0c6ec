(core instance $main (instantiate $main (with "libc" (instance $libc)) (with "h" (instance JOIN_GIVEN))))
(func (export "do") (param "number" u32) (param "data" (list u8)) (result (list u8))
  (canon lift (core func $main "do") (memory (core memory $libc "m")) (realloc (core func $libc "r"))))
)
