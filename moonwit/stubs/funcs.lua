---@meta

---Calls functions of the registry by id, at once or in the background, and with limits on how long and how
---often.
---@class funcs
local funcs = {}

---Calls a function and waits for its answer. What goes wrong comes back as an error; it never raises.
---@param id string `"namespace:name"`
---@param ... any its arguments
---@return any value
---@return Error? err
function funcs.call(id, ...) end

---Gives the functions of an entry by name, interfaces as tables in it: all that a binary exports, where the
---entry has no `method`. `-` in names is `_`.
---@param id string `"namespace:name"`
---@return table? functions
---@return Error? err
function funcs.import(id) end

---Starts a call in the background, where its code is waited for too. It ends with the script that has started it.
---@param id string `"namespace:name"`
---@param ... any its arguments
---@return Future? future
---@return Error? err
function funcs.async(id, ...) end

---Gives what is counted of a function; without an id of each that was used, by id.
---@param id? string `"namespace:name"`
---@return {calls: integer, errors: integer, timeouts: integer, instances: table, queue: table, times: table, workers?: table[]}? counted
---@return Error? err
function funcs.stats(id) end

---Makes an executor, which calls with a timeout and retries.
---@return Executor
function funcs.new() end

---What a `stream<T>` of a guest is in Lua. It is closed when nobody holds it any more.
---@class GuestStream
local GuestStream = {}

---Reads what there is, and waits while there is nothing: a string for `stream<u8>`, else a sequence; nil at the end.
---@param most? integer how many bytes (65536) or values (1024) at most
---@return any piece
---@return Error? err when the guest has failed
function GuestStream:read(most) end

---Iterates over the lines of a `stream<u8>`, without their ends.
---@return fun(): string?
function GuestStream:lines() end

---Iterates over the values; over the pieces of a `stream<u8>` as they come.
---@return fun(): any
function GuestStream:each() end

---Gives a channel that gets what `each` gives, and is closed at the end.
---@param size? integer
---@return Channel
function GuestStream:channel(size) end

---Closes the stream, which its writer sees.
function GuestStream:close() end

---What may be given for a `stream<T>`: a string for `stream<u8>`, a sequence, a function that gives one value after another and nil at
---the end, a channel, a file, the body of a response, or a stream of a guest, which is passed on.
---@alias StreamSource string|any[]|fun(): any|Channel|File|Stream|GuestStream

---Calls under options. An executor never changes; `with_options` makes another.
---@class Executor
local Executor = {}

---Gives an executor with these options: `timeout` for each attempt, in milliseconds or as text, and `retry`, a
---table of `max_attempts` (3), `initial_delay` ("100ms"), `max_delay` ("30s"), `backoff_factor` (2) and `jitter`
---(0, a share of the delay).
---@param options {timeout?: string|number|Duration, retry?: table}
---@return Executor
function Executor:with_options(options) end

---Gives an executor that hands values along, which `ctx.get` reads.
---@param values table<string, any>
---@return Executor
function Executor:with_context(values) end

---Calls a function as `funcs.call` does, under the options.
---@param id string `"namespace:name"`
---@param ... any its arguments
---@return any value
---@return Error? err
function Executor:call(id, ...) end

---Starts a call as `funcs.async` does, under the options.
---@param id string `"namespace:name"`
---@param ... any its arguments
---@return Future? future
---@return Error? err
function Executor:async(id, ...) end

---A call in the background.
---@class Future
local Future = {}

---Waits for the answer. After the timeout it gives nil and an error of kind Timeout, and the call goes on.
---@param timeout? string|number|Duration
---@return any value
---@return Error? err
function Future:await(timeout) end

---Gives the answer without waiting; nil and nil while it is not there.
---@return any value
---@return Error? err
function Future:result() end

---Says whether the answer is there.
---@return boolean
function Future:is_complete() end

---Says whether the call was canceled.
---@return boolean
function Future:is_canceled() end

---Gives the error of a call that failed and true, or nil and false.
---@return Error? err
---@return boolean failed
function Future:error() end

---Ends the call. Gives false when it was complete.
---@return boolean
function Future:cancel() end

---Gives a channel that gets one payload when the call is complete, or its error when it has failed; `data()` of
---either gives value, err.
---@return Channel
function Future:response() end

---Gives a channel that gets one payload when the call is complete, as `response` does.
---@return Channel
function Future:channel() end

---What the channel of a future gives.
---@class Payload
local Payload = {}

---Gives the call's value.
---@return any value
function Payload:data() end

return funcs
