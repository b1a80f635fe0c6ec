---@meta

---What `moonwit test` runs: the files `*_test.lua`, and entries with `meta: {type: test}`.
---@class test
local test = {}

---Runs `f` as a test. A failure is counted by `moonwit test`, which goes on with the next; elsewhere it is raised.
---@param name string
---@param f fun()
function test.it(name, f) end

---Runs a test once for each row: `f` gets what is in the row, the name is made by `string.format` with it.
---@param rows table[]
---@param name string
---@param f fun(...: any)
function test.each(rows, name, f) end

---Fails unless two values are the same, tables by all that is in them; the failure lists what is different.
---@param got any
---@param expected any
function test.eq(got, expected) end

---Fails unless a value is neither nil nor false; gives it.
---@generic T
---@param value T
---@param message? string
---@return T
function test.ok(value, message) end

---Fails unless `f` raises, or returns nil and an error; gives that error.
---@param f fun(): any, any
---@param expected? string what its message holds, or its kind
---@return any err
function test.raises(f, expected) end

---Has `f` called when the test that runs has ended, however it ends.
---@param f fun()
function test.cleanup(f) end

---Makes a fixture: a function that gives what `make` makes, once for each test. What `make` returns second is
---called with that when the test has ended.
---@generic T
---@param make fun(): T, (fun(value: T))?
---@return fun(): T
function test.fixture(make) end

return test
