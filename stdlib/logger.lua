-- The module `logger`: lines on standard error, with time, level, message and fields. `MOONWIT_LOG` in the host's environment says
-- from which level on: debug, info (the default), warn, error or off.
local clock = require 'lua.dispatcher.clock'
local errors = require 'lua.values.errors'
local got = require 'lua.values.got'
local is_utf8 = require('lua.values.utf8').string_is_utf8
local encoder = require 'stdlib.json.encoder'
local sandbox = require 'lua.scripts.sandbox'
local with_methods = require 'stdlib.values.methods'

local type, error, next, tostring, setmetatable, ipairs, pcall = type, error, next, tostring, setmetatable, ipairs, pcall
local concat, sort, floor = table.concat, table.sort, math.floor
local date, getenv, stderr = os.date, os.getenv, io.stderr

local LEVELS = { 'debug', 'info', 'warn', 'error' }

-- The most characters of a value that are shown.
local LONGEST = 10000

local from = 2
for i, level in ipairs { 'debug', 'info', 'warn', 'error', 'off' } do
  if getenv 'MOONWIT_LOG' == level then from = i end
end

local ESCAPES = { ['\n'] = '\\n', ['\t'] = '\\t' }

local function escaped(byte) return ESCAPES[byte] or ('\\%03d'):format(byte:byte()) end

-- Text on one line, without what a terminal could take for a command.
local function flat(text)
  if #text > LONGEST then text = text:sub(1, LONGEST) .. '...' end
  return (text:gsub(is_utf8(text) and '[%z\1-\31\127]' or '[%z\1-\31\127-\255]', escaped))
end

local function shown(value)
  if type(value) == 'string' and value:find '^[%w_./:@+-]+$' and #value <= LONGEST then return value end
  local ok, text = not errors.is_error(value), nil
  if ok then
    ok, text = pcall(encoder.encode, value)
  end
  if not (ok and text) then
    ok, text = pcall(tostring, value)
    text = ok and type(text) == 'string' and text or 'a ' .. type(value)
  end
  return flat(text)
end

-- Fields as text, sorted by name; `own` of the logger, `given` with the message.
local function fields_of(own, given)
  local names, all = {}, {}
  for _, fields in ipairs { own, given } do
    for name, value in next, fields do
      if all[name] == nil then names[#names + 1] = name end
      all[name] = value
    end
  end
  sort(names)
  for i, name in ipairs(names) do
    names[i] = ' ' .. flat(name) .. '=' .. shown(all[name])
  end
  return concat(names)
end

local function checked(fields, call)
  if fields == nil then return {} end
  if type(fields) ~= 'table' then error('logger:' .. call .. ': expected a table as the fields, got ' .. got(fields), 3) end
  for name in next, fields do
    if type(name) ~= 'string' then error('logger:' .. call .. ': expected strings as the names of fields, got ' .. got(name), 3) end
  end
  return fields
end

local function write(state, level, message, fields)
  local seconds, nanoseconds = clock.wall()
  local time = date('!%Y-%m-%dT%H:%M:%S', seconds) .. ('.%03dZ'):format(floor(nanoseconds / 1e6))
  -- One write, so that lines of several lanes are not mixed; nobody is to be told when it fails.
  stderr:write(('%s %-5s %s%s%s\n'):format(time, level:upper(), state.prefix, flat(message), fields_of(state.fields, fields)))
end

local states = setmetatable({}, { __mode = 'k' })
local methods = {}

local META =
  { __metatable = 'logger', __tostring = function() return 'logger' end, __newindex = function() error("a logger can't be changed", 2) end }
META.__index = with_methods(methods, 'a logger')

local function new(prefix, fields)
  local logger = setmetatable({}, META)
  states[logger] = { prefix = prefix, fields = fields }
  return logger
end

local function state_of(logger, call)
  local state = states[logger]
  if not state then error('logger:' .. call .. ' is called on a ' .. type(logger) .. ', write logger:' .. call .. '(...)', 3) end
  return state
end

for i, level in ipairs(LEVELS) do
  --- Writes a message with fields, a table by name, unless the level is below the one that is shown.
  methods[level] = function(logger, message, fields)
    local state = state_of(logger, level)
    if type(message) ~= 'string' then error('logger:' .. level .. ': expected a string as the message, got ' .. got(message), 2) end
    fields = checked(fields, level)
    if i >= from then write(state, level, message, fields) end
  end
end

--- Returns a logger that adds these fields to each message.
function methods.with(logger, fields)
  local state, all = state_of(logger, 'with'), {}
  for name, value in next, state.fields do
    all[name] = value
  end
  for name, value in next, checked(fields, 'with') do
    all[name] = value
  end
  return new(state.prefix, all)
end

--- Returns a logger that puts a name before each message.
function methods.named(logger, name)
  local state = state_of(logger, 'named')
  if type(name) ~= 'string' then error('logger:named: expected a string as the name, got ' .. got(name), 2) end
  return new(flat(name) .. ': ', state.fields)
end

-- The module is itself a logger: `logger:info("text")`.
local M = {}
for name, method in next, methods do
  M[name] = method
end
-- Scripts see it through the table that keeps it from being changed.
states[sandbox.protect('logger', M)] = { prefix = '', fields = {} }

return M
