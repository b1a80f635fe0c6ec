-- Handles as they cross: of resources, streams and futures, out of the table of one component instance and into another, or to Lua.
--
-- A `who` says whose values are passed: its `home`, the component instance; the `task` whose borrowed handles they are; `lenders`, where
-- handles are noted that were lent; and `host`, true where the other side is Lua. Between guests a handle is {resource =, rep =, value =}.
-- Source: CanonicalABI.md, "lift_own", "lift_borrow", "lower_own", "lower_borrow", "lift_async_value".

local handles = require 'lua.guest.handles'
local protocol = require 'lua.guest.protocol'
local tables = require 'lua.tasks.tables'

local ends, objects -- lua/tasks/ends.lua and lua/tasks/objects.lua, which need what needs this

local M = {
  values = nil, ---@type function? makes what reads and writes values (lua/tasks/values.lua)
  ---@type table<string, fun(value: any): boolean> by resources of the host, such as wasi:http/types#fields: tells their values
  is_held = {},
}

---@param given_ends table
---@param given_objects table
function M.setup(given_ends, given_objects)
  ends, objects = given_ends, given_objects
end

-- Resources ------------------------------------------------------------------------------------------------------------

local function entry_of(who, resource, index)
  local entry = tables.find(who.home.table, index)
  if not entry or entry.kind ~= 'resource' or entry.resource ~= resource then return nil end
  return entry
end

-- What is behind an entry, for the other side.
local function crossing(who, entry)
  if not who.host then return { resource = entry.resource, rep = entry.rep, value = entry.value } end
  if entry.value ~= nil then return entry.value end
  return handles.hold(who.instance, entry.resource, entry.rep)
end

--- Takes a resource out of a guest's table; nil where there is none to take.
---@param who table
---@param resource integer
---@param index integer
---@return any
function M.take(who, resource, index)
  local entry = entry_of(who, resource, index)
  if not entry or not entry.own or entry.lends > 0 then return nil end
  tables.remove(who.home.table, index)
  return crossing(who, entry)
end

--- Gives what is behind a guest's handle, which is lent.
---@param who table
---@param resource integer
---@param index integer
---@return any
function M.reach(who, resource, index)
  local entry = entry_of(who, resource, index)
  if not entry then return nil end
  if who.lenders then
    entry.lends = entry.lends + 1
    who.lenders[#who.lenders + 1] = entry
  end
  if who.host and entry.value ~= nil then return entry.value end
  return { resource = entry.resource, rep = entry.rep, value = entry.value }
end

--- Ends what `reach` has lent.
---@param lenders table[]
function M.unlend(lenders)
  for i = 1, #lenders do
    lenders[i].lends = lenders[i].lends - 1
  end
end

-- The representation and the value behind what the other side gives.
local function behind(who, v, resource)
  if not who.host then return v.rep, v.value end
  if who.state.foreign[resource] then return nil, v end
  local state = handles.state_of(v)
  return state and state.rep
end

--- Gives a guest a resource, for `own`.
---@param who table
---@param v any
---@param resource integer
---@return integer?
function M.give(who, v, resource)
  local rep, value = behind(who, v, resource)
  if who.host and value == nil then handles.release(v) end
  return tables.add(who.home.table, { kind = 'resource', resource = resource, rep = rep, value = value, own = true, lends = 0 })
end

--- Lends a guest a resource, for `borrow`: the component instance that defines it gets its representation.
---@param who table
---@param v any
---@param resource integer
---@return integer?
function M.lend(who, v, resource)
  local rep, value = behind(who, v, resource)
  if value == nil and who.state.homes_of[resource] == who.home then return rep end
  local called = who.task
  called.borrows = called.borrows + 1
  local entry = { kind = 'resource', resource = resource, rep = rep, value = value, own = false, lends = 0, task = called }
  return tables.add(who.home.table, entry)
end

--- Tells whether a value is a resource for a guest.
---@param who table
---@param v any
---@param resource integer
---@return boolean
function M.holds(who, v, resource)
  if not who.host then return true end
  local foreign = who.state.foreign[resource]
  if foreign then
    local is_held = M.is_held[foreign]
    if is_held then return is_held(v) end
    return v ~= nil and v ~= false
  end
  local state = handles.is_handle(v) and handles.state_of(v)
  return state and state.instance == who.instance and state.resource == resource or false
end

-- Ends -----------------------------------------------------------------------------------------------------------------

local checkers = setmetatable({}, { __mode = 'k' })

--- Gives a function that tells whether a value fits a type, for what Lua gives.
---@param t table
---@return fun(value: any): boolean
function M.checker(t)
  local known = checkers[t]
  if not known then
    local of = M.values({ t }, 16, 'stream')
    local probe = { host = true, state = { foreign = {} } }
    known = function(value) return of.fits(probe, value) end
    checkers[t] = known
  end
  return known
end

--- Takes the readable end of a stream or future out of a guest's table; nil where there is none to take.
---@param who table
---@param t table
---@param index integer
---@return any
function M.take_end(who, t, index)
  local entry = tables.find(who.home.table, index)
  if not entry or entry.side ~= 'read' or entry.shared.kind ~= t.kind or entry.shared.key ~= t.name then return nil end
  if entry.state == 'done' then
    local why = t.kind == 'future' and 'previous read succeeded' or 'being notified that the writable end dropped'
    protocol.trap(('cannot lift %s after %s'):format(t.kind, why))
  end
  if entry.state ~= 'idle' then protocol.trap(('cannot lift %s while a copy of it is under way: it is busy'):format(t.kind)) end
  if entry.set then protocol.trap(("cannot lift %s while it's in a waitable set"):format(t.kind)) end
  if who.host and entry.shared.of_host then protocol.trap 'a stream of resources of the host cannot be passed to a script' end
  tables.remove(who.home.table, index)
  entry.shared.reader = nil
  if who.host then return objects.from_guest(entry.shared, who.state) end
  return entry.shared
end

--- Gives a guest the readable end of a stream or future.
---@param who table
---@param v any
---@param t table
---@return integer?
function M.give_end(who, v, t)
  local shared = who.host and objects.for_guest(v, t, who.state) or v
  local e = ends.new_end(shared, 'read')
  shared.reader = who.state
  e.index = tables.add(who.home.table, e)
  return e.index
end

--- Tells whether a value can be a stream or future for a guest.
---@param who table
---@param v any
---@param t table
---@return boolean
function M.holds_end(who, v, t)
  if not who.host then return true end
  return objects.fits(v, t)
end

return M
