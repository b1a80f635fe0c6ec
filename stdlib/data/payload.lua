-- The module `payload`: values with a format, and from one format to the other.
local bounds = require 'stdlib.data.bounds'
local callbacks = require 'lua.lane.ask'
local errors = require 'lua.values.errors'
local json = require 'stdlib.json'
local object = require 'stdlib.fs.object'
local yaml = require 'stdlib.data.yaml'

local type, error = type, error

local M = {}

--- The formats by their names.
M.format = {
  JSON = 'json/plain',
  YAML = 'yaml/plain',
  STRING = 'text/plain',
  BYTES = 'application/octet-stream',
  MSGPACK = 'application/msgpack',
  LUA = 'lua/any',
  GOLANG = 'golang/any',
  ERROR = 'golang/error',
}
local F = M.format

local class = object.class('Payload', 'a payload', function(state) return 'Payload (' .. state.format .. ')' end)
local methods = class.methods

local function internal(message) return errors.make { kind = errors.kinds.INTERNAL, message = message } end

local function same(value) return value end

local function text(value)
  if type(value) == 'string' then return value end
  return nil, internal('payload: expected a string for text or bytes, got a ' .. type(value))
end

local function msgpack(task, value)
  local short = type(value) == 'string' and #value <= bounds.SHORT
  return callbacks.perform(short and 'here' or 'apart', task, value)
end

-- From a format to Lua, and from Lua to a format.
local decoders = {
  [F.JSON] = json.decode,
  [F.YAML] = yaml.decode,
  [F.MSGPACK] = function(data) return msgpack('msgpack.unpack', data) end,
  [F.STRING] = same,
  [F.BYTES] = same,
  [F.LUA] = same,
  [F.ERROR] = same,
}
local encoders = {
  [F.JSON] = function(value) return json.encode(value) end,
  [F.YAML] = function(value) return yaml.encode(value) end,
  [F.MSGPACK] = function(value) return msgpack('msgpack.pack', value) end,
  [F.STRING] = text,
  [F.BYTES] = text,
  [F.LUA] = same,
}

--- Returns a payload of a value, whose format is "lua/any", or "golang/error" for an error.
---@param value any
---@return any
---@return any err
function M.new(value) return class.new { value = value, format = errors.is_error(value) and F.ERROR or F.LUA } end

local function checked(payload, name)
  local state = class.state(payload)
  if not state then
    error('payload:' .. name .. ' is called on ' .. object.described(payload) .. ', write payload:' .. name .. '(...)', 3)
  end
  return state
end

--- Returns the format, one of `payload.format`.
function methods.get_format(payload) return checked(payload, 'get_format').format end

--- Returns what the payload holds: a value, or the text of its format.
function methods.data(payload) return checked(payload, 'data').value end

--- Returns the value that the payload stands for, read from its format; or nil and an error.
function methods.unmarshal(payload)
  local state = checked(payload, 'unmarshal')
  local value, problem = decoders[state.format](state.value)
  return value, problem
end

--- Returns a payload of the same value in another format, or nil and an error.
function methods.transcode(payload, format)
  local state = checked(payload, 'transcode')
  if type(format) ~= 'string' then error('payload:transcode: expected one of payload.format, got a ' .. type(format), 2) end
  local encode = encoders[format]
  if not encode then return nil, internal("payload:transcode: '" .. format:sub(1, 40) .. "' is not a format to write") end
  if format == state.format then return payload end
  local value, problem = decoders[state.format](state.value)
  if problem ~= nil then return nil, problem end
  local made
  made, problem = encode(value)
  if problem ~= nil then return nil, problem end
  return class.new { value = made, format = format }
end

return M
