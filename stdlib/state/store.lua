-- The module `store`: keys and values that functions share, in the memory of the process or in a file that processes share.
local callbacks = require 'lua.lane.ask'
local clock = require 'lua.dispatcher.clock'
local errors = require 'lua.values.errors'
local got = require 'lua.values.got'
local intermediate = require 'lua.values.intermediate'
local object = require 'stdlib.fs.object'
local options = require 'stdlib.values.options'

local type, error, ipairs, ceil, floor = type, error, ipairs, math.ceil, math.floor
local ask, ask_away = callbacks.ask, callbacks.ask_away
local INVALID, NOT_FOUND = errors.kinds.INVALID, errors.kinds.NOT_FOUND

local M = {}

-- In bytes, as host/state/stores.py has them; how many items a page has, unless told, and at most.
local MOST_KEY, MOST_VALUE = 1024, 1024 * 1024
local PAGE, MOST_PAGE = 100, 1000

M.backend = { MEMORY = 'memory', SQLITE = 'sqlite', SQL = 'sql', KV_RAFT = 'kv.raft', KV_CRDT = 'kv.crdt', UNKNOWN = 'unknown' }
M.consistency = { LINEARIZABLE = 'linearizable', EVENTUAL = 'eventual', LOCAL = 'local', UNKNOWN = 'unknown' }

local class = object.class('store', 'a store', function(state) return 'store (' .. state.id .. ')' end)
local methods = class.methods

local function invalid(name, sentence) return errors.make { kind = INVALID, message = 'store:' .. name .. ': ' .. sentence } end

-- The state of a store, or nil and an error for one that was released.
local function usable(store, name)
  local state = class.state(store)
  if not state then error('store:' .. name .. ' is called on ' .. object.described(store) .. ', write cache:' .. name .. '(...)', 3) end
  if state.released then return nil, invalid(name, 'the store ' .. state.id .. ' was released') end
  return state
end

local function perform(state, operation, ...)
  local seconds, nanoseconds = clock.wall()
  local now = seconds * 1000 + floor(nanoseconds / 1e6)
  if state.away then return ask_away('store_away', operation, state.id, now, ...) end
  return ask('store_here', operation, state.id, now, ...)
end

-- The state of a store for a key, or nil and an error.
local function at(store, key, name)
  local state, refused = usable(store, name)
  if type(key) ~= 'string' then error('store:' .. name .. ': expected a string as the key, got ' .. got(key), 3) end
  if not state then return nil, refused end
  if key == '' then return nil, invalid(name, 'the key is empty') end
  if #key > MOST_KEY then return nil, invalid(name, ('a key may have at most %d bytes, got %d'):format(MOST_KEY, #key)) end
  return state
end

local function read(store, key, name)
  local state, refused = at(store, key, name)
  if not state then return nil, refused end
  ---@type border.StoredValue?, Error?
  local found, problem = perform(state, 'read', key)
  if not found then return nil, problem end
  if not found.value then
    return nil, errors.make { kind = NOT_FOUND, message = ("%s has no key '%s'"):format(state.id, key:sub(1, 60)), retryable = false }
  end
  return { key = key, value = intermediate.decode(found.value), version = found.version }
end

-- A time to live: seconds, or a duration as text or value; 0 is forever. In milliseconds, or nil, or nil and what is wrong.
local function life(ttl)
  if ttl == nil or ttl == 0 then return nil end
  local ns, wrong = options.timeout(ttl)
  if not ns then return nil, wrong end
  return ceil(ns / 1e6)
end

local function write(state, key, value, ttl, condition, name)
  if value == nil then error('store:' .. name .. ': expected a value, got nil: store:delete removes a key', 3) end
  local ms, wrong = life(ttl)
  if wrong then error('store:' .. name .. ': the time to live: ' .. wrong, 3) end
  local encoded, why = intermediate.encode(value)
  if not encoded then return nil, invalid(name, 'the ' .. why) end
  if #encoded > MOST_VALUE then
    return nil, invalid(name, ('a value may have at most %d bytes, and this one takes %d'):format(MOST_VALUE, #encoded))
  end
  ---@type border.StoredValue?, Error?
  local answer, problem = perform(state, 'write', key, encoded, ms, condition)
  return answer, problem
end

--- Returns the store of an entry of kind `store.memory` or `store.sqlite`, or nil and an error.
---@param id string
---@return userdata?
---@return Error?
function M.get(id)
  if type(id) ~= 'string' then error('store.get: expected a string as the id of a store, got ' .. got(id), 2) end
  if id == '' then return nil, errors.make { kind = INVALID, message = 'store.get: the id is empty' } end
  ---@type border.StoreFound?, Error?
  local found, problem = ask('store_find', id)
  if not found then return nil, problem end
  return class.new { id = found.id, kind = found.kind, away = found.away, released = false }
end

--- Returns the value of a key, or nil and an error, of kind NotFound where there is none or its time is over.
function methods.get(store, key)
  local found, problem = read(store, key, 'get')
  if not found then return nil, problem end
  return found.value
end

--- Returns `key`, `value` and `version` of a key, or nil and an error.
function methods.entry(store, key)
  local found, problem = read(store, key, 'entry')
  return found, problem
end

--- Sets the value of a key; returns true, or nil and an error. `ttl` is how long it is there, in seconds or as text such as "5m";
-- 0 is forever.
function methods.set(store, key, value, ttl)
  local state, refused = at(store, key, 'set')
  if not state then return nil, refused end
  local answer, problem = write(state, key, value, ttl, nil, 'set')
  if not answer then return nil, problem end
  return true
end

local PUT = {
  ttl = function(value)
    local _, wrong = life(value)
    if wrong then return nil, wrong end
    return value
  end,
  only_if_absent = options.of 'boolean',
  if_version = options.of 'string',
}

--- Sets the value of a key and returns its new entry, or nil and an error. With `only_if_absent` there must be none yet, else the kind
-- is AlreadyExists; with `if_version` that version must be there, else it is Conflict.
function methods.put(store, key, value, given)
  local state, refused = at(store, key, 'put')
  if not state then return nil, refused end
  local known, wrong = options.read(given == nil and {} or given, PUT, 'the options')
  if not known then error('store:put: ' .. wrong, 2) end
  if known.only_if_absent and known.if_version then error('store:put: expected only_if_absent or if_version, got both', 2) end
  local condition = known.if_version
  if known.only_if_absent then
    condition = ''
  elseif condition == '' then
    return nil, invalid('put', 'if_version is empty: take the version of an entry')
  end
  local answer, problem = write(state, key, value, known.ttl, condition, 'put')
  if not answer then return nil, problem end
  return { key = key, value = value, version = answer.version }
end

--- Says whether a key is there; nil and an error when that can't be known.
function methods.has(store, key)
  local state, refused = at(store, key, 'has')
  if not state then return nil, refused end
  ---@type border.StoreAnswer?, Error?
  local answer, problem = perform(state, 'has', key)
  if not answer then return nil, problem end
  return answer.found
end

--- Removes a key; returns whether it was there, or nil and an error.
function methods.delete(store, key)
  local state, refused = at(store, key, 'delete')
  if not state then return nil, refused end
  ---@type border.StoreAnswer?, Error?
  local answer, problem = perform(state, 'delete', key)
  if not answer then return nil, problem end
  return answer.found
end

local LIST = { prefix = options.of 'string', after = options.of 'string', limit = options.number(1, true) }

--- Returns a page of entries in the order of their keys: `items`, `has_more` and, where there is more, the `cursor` that the next page
-- takes as `after`; or nil and an error. A page has up to `limit` items, 100 unless told and 1000 at most, and 4 MiB.
function methods.list(store, given)
  local state, refused = usable(store, 'list')
  local known, wrong = options.read(given == nil and {} or given, LIST, 'the options')
  if not known then error('store:list: ' .. wrong, 2) end
  if not state then return nil, refused end
  local limit = known.limit or PAGE
  if limit > MOST_PAGE then return nil, invalid('list', ('a page may have at most %d items, got %.0f'):format(MOST_PAGE, limit)) end
  local prefix, after = known.prefix or '', known.after
  if #prefix > MOST_KEY or after and #after > MOST_KEY then return { items = {}, has_more = false } end
  ---@type border.StorePage?, Error?
  local page, problem = perform(state, 'list', prefix, after, limit)
  if not page then return nil, problem end
  local items = {}
  for i, item in ipairs(page.items) do
    items[i] = { key = item.key, value = intermediate.decode(item.value), version = item.version }
  end
  return { items = items, cursor = page.cursor, has_more = page.cursor ~= nil }
end

--- Returns what a store is and can do.
function methods.info(store)
  local state, refused = usable(store, 'info')
  if not state then return nil, refused end
  return {
    id = state.id,
    backend = state.away and 'sqlite' or 'memory',
    consistency = 'linearizable',
    durable = state.away,
    list = true,
    versioned = true,
    conditional_put = true,
    ttl = true,
  }
end

--- Gives the store back; nothing else can be done with it then. Returns true, or false where it was given back before.
function methods.release(store)
  local state = class.state(store)
  if not state then error('store:release is called on ' .. object.described(store) .. ', write cache:release()', 2) end
  local first = not state.released
  state.released = true
  return first
end

return M
