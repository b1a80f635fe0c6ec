NAP
(func (export "realloc") (param i32 i32 i32 i32) (result i32) LOOP (i32.const 1024))
(func (export "f") (param i32 i32) (result i32) (local.get 1))
(func (export "post") (param i32) POST)
