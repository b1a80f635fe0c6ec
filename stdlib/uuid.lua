-- The module `uuid`: identifiers of RFC 9562, as text in lower case.
local callbacks = require 'lua.lane.ask'
local clock = require 'lua.dispatcher.clock'
local errors = require 'lua.values.errors'
local got = require 'lua.values.got'

local type, error, tonumber, floor = type, error, tonumber, math.floor
local ask = callbacks.ask

local M = {}

local FORM = '^%x%x%x%x%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%x%x%x%x%x%x%x%x$'

-- What is there in place of a UUID.
local function seen(value) return type(value) == 'string' and 'other text' or got(value) end

--- Returns a random UUID.
function M.v4() return (ask 'uuid_random') end

--- Returns a UUID that begins with the time in milliseconds, by which they sort; the rest is random.
function M.v7()
  local seconds, nanoseconds = clock.wall()
  return (ask('uuid_timed', seconds * 1000 + floor(nanoseconds / 1e6)))
end

local function named(version, namespace, name)
  local call = 'uuid.v' .. version
  if type(name) ~= 'string' then error(call .. ': expected a string as the name, got ' .. got(name), 3) end
  if not M.validate(namespace) then
    return nil, errors.make { kind = errors.kinds.INVALID, message = call .. ': expected a UUID as the namespace, got ' .. seen(namespace) }
  end
  return (ask('uuid_named', version, namespace, name))
end

--- Returns the UUID of a name in a namespace, which is a UUID itself, by MD5; or nil and an error.
function M.v3(namespace, name) return named(3, namespace, name) end

--- Returns the UUID of a name in a namespace, which is a UUID itself, by SHA-1; or nil and an error.
function M.v5(namespace, name) return named(5, namespace, name) end

--- Says whether a value is a UUID as text.
function M.validate(value) return type(value) == 'string' and value:find(FORM) ~= nil end

--- Returns the version of a UUID, a number; or nil and an error.
function M.version(value)
  if M.validate(value) then return tonumber(value:sub(15, 15), 16) end
  return nil, errors.make { kind = errors.kinds.INVALID, message = 'uuid.version: expected a UUID, got ' .. seen(value) }
end

return M
