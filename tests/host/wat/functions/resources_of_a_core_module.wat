(module
  (import "[export]$root" "[resource-new]counter" (func (param i32) (result i32)))
  (func (export "[dtor]counter") (param i32))
  (func (export "[constructor]counter") (param i32) (result i32) i32.const 1)
  (func (export "[method]counter.get") (param i32) (result i32) i32.const 1))
