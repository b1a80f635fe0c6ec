(func $price (param "article" string) (result u32)
 (canon lift (core func $i "price") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
(func $told (result u32) (canon lift (core func $i "told")))
(instance $prices
