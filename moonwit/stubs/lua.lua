---@meta

---Operations on the bits of whole numbers.
---@class bit
local bit = {}

---Code that stops and goes on.
---@class coroutine
local coroutine = {}

---Mathematics.
---@class math
local math = {}

---Time.
---@class os
local os = {}

---Text, as bytes.
---@class string
local string = {}

---Lists.
---@class table
local table = {}

---Raises `message` when the value is nil or false; else gives all it was given.
function assert(value, message) end

---Collects garbage: "collect", "count" for the KiB in use, "step".
function collectgarbage(what) end

---Raises an error; its place is that of the caller at `level` (1).
function error(message, level) end

---Gives the globals of a function of the script.
function getfenv(f) end

---Gives the metatable, or what its `__metatable` says.
function getmetatable(value) end

---Explains a module, a function, an object or the entry of an id.
function help(value) end

---For `for i, value in ipairs(list) do`: the elements from 1 to the first nil.
function ipairs(list) end

---Compiles Lua text, or the pieces that a function gives; the chunk, or nil and a message.
function load(source, name, mode, env) end

---Compiles Lua text; the chunk, or nil and a message.
function loadstring(source, name) end

---Gives the key after `key`, and its value; nil after the last.
function next(table, key) end

---For `for key, value in pairs(table) do`: every key, in no order.
function pairs(table) end

---Calls `f(...)`: true and its results, or false and what was raised.
function pcall(f, ...) end

---Prints values, with tabs between them.
function print(...) end

---Says whether both are the same, without metamethods.
function rawequal(a, b) end

---Gives a field without metamethods.
function rawget(table, key) end

---Sets a field without metamethods.
function rawset(table, key, value) end

---Gives a module of the standard library, or what a Lua file beside the script or in the project's `lua` or `lua_modules`
---returns.
function require(name) end

---Gives the arguments from number `n` on, or with "#" how many there are.
function select(n, ...) end

---Sets the globals of a function of the script.
function setfenv(f, env) end

---Sets the metatable, and gives the table.
function setmetatable(table, metatable) end

---Gives the number that a text is, or nil.
function tonumber(value, base) end

---Gives a value as text.
function tostring(value) end

---Gives the type: "nil", "boolean", "number", "string", "table", "function", "thread", "userdata", "cdata".
function type(value) end

---Gives the elements as values.
function unpack(list, first, last) end

---Calls `f(...)` as pcall; what was raised goes through `handler`.
function xpcall(f, handler, ...) end

---Shifts right by n bits, with the sign.
function bit.arshift(x, n) end

---Gives the bitwise and.
function bit.band(x, ...) end

---Gives the bitwise not.
function bit.bnot(x) end

---Gives the bitwise or.
function bit.bor(x, ...) end

---Swaps the bytes.
function bit.bswap(x) end

---Gives the bitwise exclusive or.
function bit.bxor(x, ...) end

---Shifts left by n bits.
function bit.lshift(x, n) end

---Rotates left by n bits.
function bit.rol(x, n) end

---Rotates right by n bits.
function bit.ror(x, n) end

---Shifts right by n bits, without the sign.
function bit.rshift(x, n) end

---Gives a number as a signed integer of 32 bits.
function bit.tobit(x) end

---Gives a number as hexadecimal text.
function bit.tohex(x, n) end

---Ends a spawned coroutine: where it waits, an error of kind Canceled is raised. False when it has ended.
function coroutine.cancel(co) end

---Makes a coroutine.
function coroutine.create(f) end

---Says whether the running code can yield.
function coroutine.isyieldable() end

---Waits until a spawned coroutine has ended: what its function returns; or nil and the error that it has raised meanwhile, or
---was canceled with.
function coroutine.join(co) end

---Goes on with a coroutine: true and what it yields or returns, or false and an error.
function coroutine.resume(co, ...) end

---Gives the running coroutine; nil in the main one.
function coroutine.running() end

---Starts `f(...)` beside the caller, and gives its coroutine.
function coroutine.spawn(f, ...) end

---Gives "suspended", "running", "normal" or "dead".
function coroutine.status(co) end

---Gives a function that goes on with a coroutine each time it is called.
function coroutine.wrap(f) end

---Gives values to who has resumed the coroutine.
function coroutine.yield(...) end

---Gives the absolute value.
function math.abs(x) end

---Gives the arc cosine.
function math.acos(x) end

---Gives the arc sine.
function math.asin(x) end

---Gives the arc tangent.
function math.atan(x) end

---Rounds up.
function math.ceil(x) end

---Gives the cosine.
function math.cos(x) end

---Gives the hyperbolic cosine.
function math.cosh(x) end

---Gives radians in degrees.
function math.deg(x) end

---Gives e to the power of x.
function math.exp(x) end

---Rounds down.
function math.floor(x) end

---Gives m and e with x = m * 2^e.
function math.frexp(x) end

---Gives the logarithm to base 10.
function math.log10(x) end

---Gives the whole part and the fraction.
function math.modf(x) end

---Gives degrees in radians.
function math.rad(x) end

---Gives the sine.
function math.sin(x) end

---Gives the hyperbolic sine.
function math.sinh(x) end

---Gives the square root.
function math.sqrt(x) end

---Gives the tangent.
function math.tan(x) end

---Gives the hyperbolic tangent.
function math.tanh(x) end

---Gives the arc tangent of y/x, in the right quadrant.
function math.atan2(y, x) end

---Gives the remainder of x/y, with the sign of x.
function math.fmod(x, y) end

---Gives m * 2^e.
function math.ldexp(m, e) end

---Gives the logarithm, to base e unless another is given.
function math.log(x, base) end

---Gives the largest.
function math.max(x, ...) end

---Gives the smallest.
function math.min(x, ...) end

---Gives x^y.
function math.pow(x, y) end

---Gives a random number from 0 to 1, or a whole one up to, or between, bounds.
function math.random(first, last) end

---Sets where random numbers begin.
function math.randomseed(seed) end

---Gives the seconds of processor time that were used.
function os.clock() end

---Gives a time as text, or with "*t" as a table.
function os.date(format, time) end

---Gives the seconds between two times.
function os.difftime(later, earlier) end

---Ends the script with an exit status, 0 unless another is given: from 0 to 255, true for 0, false for 1. In an entry it
---ends the call, whose value is the status.
function os.exit(status) end

---Gives a variable of the environment that the command line grants by --env, or of the project's `env.variable` entries;
---else nil.
function os.getenv(name) end

---Gives the seconds since 1970, now or of a table.
function os.time(t) end

---Gives the bytes as numbers.
function string.byte(s, first, last) end

---Makes a string of bytes.
function string.char(...) end

---Finds a pattern: where it begins and ends, and its captures; or nil.
function string.find(s, pattern, from, plain) end

---Gives values as text by a format, such as "%5.2f %s".
function string.format(format, ...) end

---For `for capture in s:gmatch(pattern) do`: each match.
function string.gmatch(s, pattern) end

---Replaces matches by a string, a table's field or a function's result; the text and how many.
function string.gsub(s, pattern, replacement, most) end

---Gives the number of bytes.
function string.len(s) end

---Gives the text in lower case.
function string.lower(s) end

---Gives the captures of the first match, or the whole match; or nil.
function string.match(s, pattern, from) end

---Gives the string n times.
function string.rep(s, n, separator) end

---Gives the bytes in reverse order.
function string.reverse(s) end

---Gives the bytes from first to last; negative numbers count from the end.
function string.sub(s, first, last) end

---Gives the text in upper case.
function string.upper(s) end

---Joins strings and numbers.
function table.concat(list, separator, first, last) end

---Calls `f(key, value)` for each field.
function table.foreach(t, f) end

---Calls `f(i, value)` for each element.
function table.foreachi(list, f) end

---Gives the length, as #list.
function table.getn(list) end

---Inserts a value at a place, or without one at the end.
function table.insert(list, place, value) end

---Gives the largest number that is a key.
function table.maxn(t) end

---Copies elements to another place, or to another table.
function table.move(source, first, last, at, target) end

---Removes an element, the last unless a place is given, and gives it.
function table.remove(list, place) end

---Sorts in place, by `<` or by `before(a, b)`.
function table.sort(list, before) end
