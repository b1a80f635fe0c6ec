-- Resources that cross between a guest and what answers its imports.
--
-- A resource of the guest is a row of its table of handles (host/wasm/plan/support.py). While the guest runs nobody may call into its
-- instance, so the table is read and written where it lies: words 0 and 1 are the first free index and the next new one, words 2i and 2i + 1
-- row i. A resource of the provider's is whatever Lua value the provider says it is; the guest has a number for it (lua/guest/objects.lua).
-- Source: CanonicalABI.md, "Table State", "lift_own", "lift_borrow", "lower_own".

local ffi = require 'ffi'
local handles = require 'lua.guest.handles'
local objects = require 'lua.guest.objects'
local instances = require 'lua.guest.instance'
local wasmtime = require 'lua.wasmtime.api'

local cast, tonumber = ffi.cast, tonumber

local M = {}

-- The largest table, as host/wasm/plan/support.py has it.
local MOST = 0x1000000
local words = ffi.typeof 'uint32_t *'
local before = ffi.new 'uint64_t[1]'

-- The rows of the instance's table, good until the guest runs again.
local function rows_of(instance)
  local memory = instance.table or instances.handle_memory(instance)
  instance.table = memory
  return cast(words, wasmtime.C.wasmtime_memory_data(instance.ctx, memory)), memory
end

-- The representation of handle `index` of the guest's own resource, and the rows; nil where there is none.
local function row(instance, resource, index)
  -- Component instances that are composed have tables of their own, which are not read here.
  if not instance.plan.handles then return nil end
  local rows = rows_of(instance)
  if index == 0 or index >= rows[1] or rows[2 * index] ~= resource then return nil end
  return rows[2 * index + 1], rows
end

local function remove(instance, resource, index)
  local rep, rows = row(instance, resource, index)
  if not rep then return nil end
  rows[2 * index], rows[2 * index + 1] = 0, rows[0]
  rows[0] = index
  return rep
end

local function insert(instance, resource, rep)
  local rows, memory = rows_of(instance)
  local index = rows[0]
  if index ~= 0 then
    rows[0] = rows[2 * index + 1]
  else
    index = rows[1]
    if index >= MOST then return nil end
    if 8 * index >= tonumber(wasmtime.C.wasmtime_memory_data_size(instance.ctx, memory)) then
      local failure = wasmtime.C.wasmtime_memory_grow(instance.ctx, memory, 1, before)
      if failure ~= nil then
        wasmtime.C.wasmtime_error_delete(failure)
        return nil
      end
      rows = rows_of(instance)
    end
    rows[1] = index + 1
  end
  rows[2 * index], rows[2 * index + 1] = resource, rep
  return index
end

-- The object of handle `index` of a provider's resource: {kind =, value =}; nil where there is none.
local function object(instance, kind, index)
  local found = instance.held[index]
  return type(found) == 'table' and found.kind == kind and found or nil
end

--- Takes the resource behind the guest's handle out of its table, for `own`; nil where there is no such handle.
function M.take(instance, resource, index)
  local kind = instance.plan.foreign[resource]
  if kind then
    local found = object(instance, kind, index)
    if not found then return nil end
    objects.drop(instance, index, kind)
    return found.value
  end
  local rep = remove(instance, resource, index)
  return rep and handles.adopt(instance, resource, rep)
end

--- Gives the resource behind the guest's handle, for `borrow`: until the call ends; nil where there is no such handle.
function M.reach(instance, resource, index)
  local kind = instance.plan.foreign[resource]
  if kind then
    local found = object(instance, kind, index)
    return found and found.value
  end
  local rep = row(instance, resource, index)
  if not rep then return nil end
  local handle = handles.adopt(instance, resource, rep, true)
  instance.lent = instance.lent or {}
  instance.lent[#instance.lent + 1] = handle
  return handle
end

--- Ends what was lent for a call.
function M.end_loans(instance)
  local lent = instance.lent
  if not lent then return end
  instance.lent = nil
  for _, handle in ipairs(lent) do
    handles.forget(handle)
  end
end

--- Tells whether a value can be given to the guest as a handle of a resource, once more in the result `stamp`.
function M.holds(instance, value, resource, stamp)
  if instance.plan.foreign[resource] then return value ~= nil and value ~= false end
  local state = handles.state_of(value)
  if not state or state.I ~= instance or state.resource ~= resource or state.lent or state.given == stamp then return false end
  state.given = stamp
  return true
end

--- Gives a resource to the guest: its handle, or nil when there is no room for it.
function M.give(instance, value, resource)
  local kind = instance.plan.foreign[resource]
  if kind then return objects.hand(instance, { kind = kind, value = value }) end
  local state = handles.state_of(value)
  local index = insert(instance, resource, state.rep)
  if index then
    handles.forget(value)
    instance.live = instance.live - 1
  end
  return index
end

return M
