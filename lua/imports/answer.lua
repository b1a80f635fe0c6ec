-- What a provider has returned or raised, as the value of the WIT type that its guest gets.
--
-- result<T, E>: a value, or nil and E or an error (its message where E is a string, its details where they fit), or {ok =} or {err =}.
-- An error that fits none of these ends the guest's call.

local errors = require 'lua.values.errors'
local explain = require 'lua.abi.explain'

local type, next, getmetatable = type, next, getmetatable
local CANCELED, INVALID = errors.kinds.CANCELED, errors.kinds.INVALID

local M = {}

local function misfit(import, t, value, what)
  return errors.make {
    message = ('%s: %s gives %s that does not fit %s: %s'):format(import.name, import.who, what, import.shown, explain.misfit(t, value)),
    kind = INVALID,
    entry = import.id,
    lua_stack = {},
  }
end

-- Tells whether a table is {ok =} or {err =} and nothing else.
local function is_sided(value)
  if type(value) ~= 'table' or getmetatable(value) ~= nil then return false end
  local key = next(value)
  return (key == 'ok' or key == 'err') and next(value, key) == nil
end

-- The payload of the err side for an error: a value that fits, or nothing.
local function payload(import, problem)
  local err = import.sig.result.err
  if not err then return true, true end
  if err.kind == 'string' then return problem:message(), import.fits_err(problem:message()) end
  local details = problem:details()
  if details ~= nil and import.fits_err(details) then return details, true end
  -- The name of a case may be all that an error says.
  local message = problem:message()
  if (err.kind == 'enum' or err.kind == 'variant') and import.fits_err(message) then return message, true end
  return nil, false
end

-- The err side for what came second, or nil and the error that ends the guest's call.
local function failed(import, instance, problem)
  local err = import.sig.result.err
  if not errors.is_error(problem) then
    if not err then return { err = true } end
    if import.fits_err(problem) then return { err = problem } end
    return nil, misfit(import, err, problem, 'an error')
  end
  if problem:kind() == CANCELED then return nil, problem end
  local value, fits = payload(import, problem)
  if fits then return { err = value } end
  return nil, problem
end

local function sided(import, instance, value, problem)
  local t = import.sig.result
  if value == nil and problem ~= nil then return failed(import, instance, problem) end
  if is_sided(value) and import.fits(value) then return value end
  if not t.ok then
    if value == nil or value == true then return { ok = true } end
    return nil, misfit(import, t, value, 'a result')
  end
  if import.fits_ok(value) then
    if value == nil then value = require('lua.values.optional').none end
    return { ok = value }
  end
  return nil, misfit(import, t.ok, value, 'a result')
end

--- Gives the value for the guest, or nil and the error that ends its call. `fine` is false where `value` was raised.
---@param import table
---@param instance Instance
---@param fine boolean
---@param value any
---@param problem any
---@return any
---@return any
function M.of(import, instance, fine, value, problem)
  local t = import.sig.result
  local is_result = t and t.kind == 'result'
  if not fine then
    if is_result then return failed(import, instance, value) end
    return nil, value
  end
  if is_result then return sided(import, instance, value, problem) end
  if errors.is_error(problem) then return nil, problem end
  if not t then return nil end
  if import.fits(value) then return value end
  return nil, misfit(import, t, value, 'a result')
end

return M
