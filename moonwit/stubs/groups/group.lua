---@meta

---Coroutines that run concurrently and end together: nothing outlives its group, and no error is lost.
---@class group
local group = {}

---Opens a group of the running coroutine. Options: `limit`, how many of its children run at once; `timeout`, how long all may
---take ("10s", or seconds); `on_error`: "cancel" the others when one fails (the default), or "collect", which lets them go
---on. A group that its coroutine has not waited for ends with that.
---@param options? {limit: integer?, timeout: string|number|Duration|nil, on_error: "cancel"|"collect"|nil}
---@return Group
function group.new(options) end

---Calls `f(g)` with a new group, and waits for all that it has started there: gives what it returns. The failure of a child ends `f` too
---where it waits, and the other way round: then nil and the error, one for all.
---@param f function
---@param options? {limit: integer?, timeout: string|number|Duration|nil, on_error: "cancel"|"collect"|nil}
---@return any value
---@return Error? err
function group.run(f, options) end

---Calls `f(item, i)` for each element of a list, or for what comes from a channel until that is closed, concurrently: `limit` at a time (a
---list: all; a channel: 16). Gives a list of what it has returned; or nil and the error, as `Group:wait`. Other options:
---`on_error` and `timeout` as of `group.new`, `retry` as of `group.retry`, and `progress`: true, a title, or a bar of `progress`.
---@param items any[]|Channel
---@param f function
---@param options? table
---@return any[]? results
---@return Error? err
---@return table<integer, Error>? errors
function group.map(items, f, options) end

---Calls functions concurrently, and gives what the first returns that does not fail; the others are canceled and have ended by then. When
---all fail: nil and an error for all.
---@param functions function[]
---@param options? {timeout: string|number|Duration|nil}
---@return any value
---@return Error? err
function group.race(functions, options) end

---Calls `f(attempt)` until it neither raises nor returns nil and an error. Options: `max_attempts` (3), `initial_delay` ("100ms"),
---`max_delay` ("30s"), `backoff_factor` (2), `jitter` (0, a share of the delay), `timeout` for all of it, and `when(err)`, which
---says whether an error is worth another try; without it those are not that say so, and those of the kinds Invalid, NotFound,
---AlreadyExists, PermissionDenied and Canceled.
---@param f function
---@param options? table
---@return any value
---@return Error? err
function group.retry(f, options) end

---Coroutines that end together.
---@class Group
local Group = {}

---Starts `f(...)` in the group and gives its Future. Where `limit` children run it waits until one has ended; a child that starts others
---does not wait, they begin later. In a group that was canceled, or where a child has failed, it starts nothing: nil and the error.
---@param f function
---@param ... any
---@return Future?
---@return Error? err
function Group:spawn(f, ...) end

---Waits until all children have ended. Gives a list of what they have returned, in the order that they were started in; when one has
---failed (it has raised, or returned nil and an error): nil and the error, one for all if several have. A group that collects gives the
---results of the others, the error, and all errors by the numbers of the children.
---@return any[]? results
---@return Error? err
---@return table<integer, Error>? errors
function Group:wait() end

---Ends the children: where they wait, an error of kind Canceled is raised. False when that was done before.
---@return boolean canceled
function Group:cancel() end

return group
