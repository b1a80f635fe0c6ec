-- The module `uuid`: identifiers of RFC 9562, as text in lower case.
local callbacks = require 'lua.lane.ask'
local clock = require 'lua.dispatcher.clock'
local errors = require 'lua.values.errors'
local got = require 'lua.values.got'

local type, error, tonumber, floor, concat = type, error, tonumber, math.floor, table.concat
local ask = callbacks.ask

local M = {}

local FORM = '^%x%x%x%x%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%x%x%x%x%x%x%x%x$'

-- The digits of a UUID in any of the forms that it is written in: plain, without dashes, in braces, or as a URN.
local function digits_of(value)
  if type(value) ~= 'string' or #value > 45 then return nil end
  local text = value:match '^{(.*)}$' or value:match '^[uU][rR][nN]:[uU][uU][iI][dD]:(.*)$' or value
  if text:find(FORM) then return (text:gsub('-', ''):lower()) end
  if text == value and #text == 32 and not text:find '%X' then return text:lower() end
end

-- What is there in place of a UUID.
local function seen(value) return type(value) == 'string' and 'other text' or got(value) end

local function dashed(digits)
  return concat({ digits:sub(1, 8), digits:sub(9, 12), digits:sub(13, 16), digits:sub(17, 20), digits:sub(21) }, '-')
end

local function invalid(name, sentence)
  return nil, errors.make { kind = errors.kinds.INVALID, message = 'uuid.' .. name .. ': ' .. sentence }
end

--- Returns a UUID of the time, by a clock that no two of them share, and of a random node: it does not tell the machine.
function M.v1() return (ask 'uuid_clocked') end

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
  local digits = digits_of(namespace)
  if not digits then
    return nil, errors.make { kind = errors.kinds.INVALID, message = call .. ': expected a UUID as the namespace, got ' .. seen(namespace) }
  end
  return (ask('uuid_named', version, digits, name))
end

--- Returns the UUID of a name in a namespace, which is a UUID itself, by MD5; or nil and an error.
function M.v3(namespace, name) return named(3, namespace, name) end

--- Returns the UUID of a name in a namespace, which is a UUID itself, by SHA-1; or nil and an error.
function M.v5(namespace, name) return named(5, namespace, name) end

--- Says whether a value is a UUID as text: with dashes or without, in braces, or as a URN.
function M.validate(value) return digits_of(value) ~= nil end

local function version_of(digits) return tonumber(digits:sub(13, 13), 16) end

-- The highest bits of the ninth byte say who has laid it out.
local function variant_of(digits)
  local bits = tonumber(digits:sub(17, 17), 16)
  if bits < 8 then return 'NCS' end
  if bits < 12 then return 'RFC4122' end
  return bits < 14 and 'Microsoft' or 'Future'
end

--- Returns the version of a UUID, a number; or nil and an error.
function M.version(value)
  local digits = digits_of(value)
  if not digits then return invalid('version', 'expected a UUID, got ' .. seen(value)) end
  return version_of(digits)
end

--- Returns the variant of a UUID: "RFC4122", "NCS", "Microsoft" or "Future"; or nil and an error.
function M.variant(value)
  local digits = digits_of(value)
  if not digits then return invalid('variant', 'expected a UUID, got ' .. seen(value)) end
  return variant_of(digits)
end

-- Between 15 October 1582, from which version 1 counts, and 1970, in seconds.
local GREGORIAN = 12219292800

--- Returns a table with `version` and `variant`, with the `timestamp` of versions 1 and 7 in seconds since 1970, and the `node`
-- of version 1 as hex digits; or nil and an error.
function M.parse(value)
  local digits = digits_of(value)
  if not digits then return invalid('parse', 'expected a UUID, got ' .. seen(value)) end
  local version = version_of(digits)
  local parsed = { version = version, variant = variant_of(digits) }
  if version == 1 then
    -- In two halves: a number can't hold all 60 bits of it.
    local high, low = tonumber(digits:sub(14, 16) .. digits:sub(9, 12), 16), tonumber(digits:sub(1, 8), 16)
    local seconds, rest = floor(high * 2 ^ 32 / 1e7), high * 2 ^ 32 % 1e7
    parsed.timestamp = seconds + floor((rest + low) / 1e7) - GREGORIAN
    parsed.node = digits:sub(21)
  elseif version == 7 then
    parsed.timestamp = floor(tonumber(digits:sub(1, 12), 16) / 1000)
  end
  return parsed
end

--- Returns a UUID as "standard" (the default), "simple", without dashes, or "urn"; or nil and an error.
function M.format(value, format)
  local digits = digits_of(value)
  if not digits then return invalid('format', 'expected a UUID, got ' .. seen(value)) end
  if format == nil or format == 'standard' then return dashed(digits) end
  if format == 'simple' then return digits end
  if format == 'urn' then return 'urn:uuid:' .. dashed(digits) end
  local shown = type(format) == 'string' and "'" .. format:sub(1, 20) .. "'" or got(format)
  return invalid('format', 'expected one of the formats standard, simple, urn, got ' .. shown)
end

return M
