-- function.lua entries as functions that are called like any other: values are copied, errors come back.
local errors = require 'lua.errors'
local intermediate = require 'lua.intermediate'
local scripts = require 'lua.scripts'

local M = {}

local select, xpcall, unpack = select, xpcall, unpack

-- How deep functions may call each other before the C stack is in danger: each level is a protected call.
local MOST_NESTED = 150
local nested = 0

local function failed(id, kind, message) return nil, errors.make { message = message, kind = kind, entry = id } end

local function answer(id, ok, value, problem)
  nested = nested - 1
  if not ok then return nil, errors.is_error(value) and value or errors.from(value, { kind = errors.kinds.INTERNAL, entry = id }) end
  if problem ~= nil then
    if errors.is_error(problem) then return nil, problem end
    local text = type(problem) == 'string' and problem or nil
    return nil, errors.make { message = text or id .. ' returned an error', kind = errors.kinds.UNKNOWN, entry = id, details = not text and problem or nil }
  end
  local encoded, why = intermediate.encode(value)
  if not encoded then return failed(id, errors.kinds.INVALID, ('%s: its result can\'t be passed on: %s'):format(id, why)) end
  return (intermediate.decode(encoded))
end

--- Gives the function for an entry, or nil and an error; `entry` is what scripts.entry takes.
function M.bind(entry)
  local f, problem = scripts.entry(entry)
  if not f then return nil, problem end
  local id = entry.id

  local function where(value)
    if errors.is_error(value) then return value end
    return errors.from(value, { kind = errors.kinds.INTERNAL, entry = id, lua_stack = errors.frames(2) })
  end

  return function(...)
    if nested >= MOST_NESTED then
      return failed(id, errors.kinds.INTERNAL, ('%s: functions call each other more than %d levels deep'):format(id, MOST_NESTED))
    end
    local encoded, why = intermediate.encode_all(select('#', ...), ...)
    if not encoded then return failed(id, errors.kinds.INVALID, ('%s: %s'):format(id, why)) end
    local values, count = intermediate.decode_all(encoded)
    nested = nested + 1
    return answer(id, xpcall(f, where, unpack(values, 1, count)))
  end
end

return M
