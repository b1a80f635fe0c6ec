---@meta

---Semaphores, mutexes and events, for coroutines that share something. Those who wait are served in order.
---@class sync
local sync = {}

---Makes a semaphore that `n` coroutines may hold at once.
---@param n integer
---@return Semaphore
function sync.semaphore(n) end

---Makes a mutex, which one coroutine holds at a time.
---@return Mutex
function sync.mutex() end

---Makes an event, which happens once.
---@return Event
function sync.event() end

---What so many coroutines may hold at once.
---@class Semaphore
local Semaphore = {}

---Takes a place, waiting for one if need be: true; after the timeout false and an error of kind Timeout.
---@param timeout? string|number|Duration
---@return boolean acquired
---@return Error? err
function Semaphore:acquire(timeout) end

---Takes a place if one is free, and says whether it did.
---@return boolean acquired
function Semaphore:try_acquire() end

---Gives a place back, to the first who waits.
function Semaphore:release() end

---Calls `f(...)` while holding a place, and gives what it returns; the place is given back whatever happens.
---@param f function
---@param ... any
---@return any ...
function Semaphore:with(f, ...) end

---What one coroutine holds at a time.
---@class Mutex
local Mutex = {}

---Locks it, waiting until it is free: true; after the timeout false and an error of kind Timeout. Raises when the caller holds it already.
---@param timeout? string|number|Duration
---@return boolean locked
---@return Error? err
function Mutex:lock(timeout) end

---Unlocks it, for the first who waits. Raises when the caller does not hold it.
function Mutex:unlock() end

---Calls `f(...)` while holding it, and gives what it returns; it is unlocked whatever happens.
---@param f function
---@param ... any
---@return any ...
function Mutex:with(f, ...) end

---Something that happens once.
---@class Event
local Event = {}

---Has it happen: all who wait go on.
function Event:set() end

---Says whether it has happened.
---@return boolean
function Event:is_set() end

---Waits until it happens: true; after the timeout false and an error of kind Timeout.
---@param timeout? string|number|Duration
---@return boolean happened
---@return Error? err
function Event:wait(timeout) end

return sync
