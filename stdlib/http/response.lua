-- The response that a handler writes: kept until the handler ends, or sent piece by piece from the first flush on.
local errors = require 'lua.values.errors'
local got = require 'lua.values.got'
local http = require 'lua.http.requests'
local json = require 'stdlib.json'
local nearest = require 'lua.values.nearest'

local newproxy, getmetatable, setfields, getfields = newproxy, getmetatable, debug.setfenv, debug.getfenv
local type, error, pairs, tostring, lower = type, error, pairs, tostring, string.lower

local M = {}

local PROTOTYPE = newproxy(true)
local META = getmetatable(PROTOTYPE)
META.__metatable = 'http.response'

local methods = {}

-- How much is kept unsent.
local MOST = 256 * 1024 * 1024
local CONTROL = '[%z\1-\8\10-\31\127]'

local function context_of(value, method)
  if type(value) ~= 'userdata' or getmetatable(value) ~= 'http.response' then
    error('response:' .. method .. '() is called on a ' .. type(value) .. ', write response:' .. method .. '()', 3)
  end
  local context = getfields(value).context
  if context.over then error('response:' .. method .. ': the request has been answered already', 3) end
  return context
end

local function unsent(context, method)
  if context.started then error('response:' .. method .. ': the response has begun, so it comes too late', 3) end
  context.touched = true
end

local function set_header(context, name, value)
  local headers, key = context.headers, lower(name)
  for i = #headers, 1, -1 do
    if lower(headers[i][1]) == key then table.remove(headers, i) end
  end
  headers[#headers + 1] = { name, value }
end

local function has_header(context, name)
  for _, pair in ipairs(context.headers) do
    if lower(pair[1]) == name then return true end
  end
  return false
end

local function check_header(method, name, value)
  if type(name) ~= 'string' or not name:find "^[%w!#$%%&'*+.^_`|~-]+$" then
    error(
      'response:'
        .. method
        .. ': '
        .. (type(name) == 'string' and ('%q'):format(name) or 'a ' .. type(name))
        .. ' is not a valid name of a header',
      3
    )
  end
  if type(value) == 'number' then value = tostring(value) end
  if type(value) ~= 'string' then error('response:' .. method .. ': expected a string as the value, got ' .. got(value), 3) end
  if value:find(CONTROL) then error('response:' .. method .. ': the value of ' .. name .. ' holds a control character', 3) end
  return value
end

local function add(context, method, data)
  if type(data) == 'number' then data = tostring(data) end
  if type(data) ~= 'string' then error('response:' .. method .. ': expected a string, got ' .. got(data), 3) end
  if #context.body + #data > MOST then
    error('response:' .. method .. ': more than 256 MiB are unsent; call response:flush() in between', 3)
  end
  context.touched, context.wrote = true, true
  context.body:put(data)
end

--- Sets the status, 200 to 599.
function methods.set_status(self, status)
  local context = context_of(self, 'set_status')
  if type(status) ~= 'number' or status % 1 ~= 0 or status < 200 or status > 599 then
    error('response:set_status: expected a status from 200 to 599, got ' .. tostring(status), 2)
  end
  unsent(context, 'set_status')
  context.status = status
end

--- Sets a header; one of that name that was set before is replaced.
function methods.set_header(self, name, value)
  local context = context_of(self, 'set_header')
  value = check_header('set_header', name, value)
  unsent(context, 'set_header')
  set_header(context, name, value)
end

--- Adds a header beside those of the same name, such as a second Set-Cookie.
function methods.add_header(self, name, value)
  local context = context_of(self, 'add_header')
  value = check_header('add_header', name, value)
  unsent(context, 'add_header')
  context.headers[#context.headers + 1] = { name, value }
end

--- Sets the type of the body.
function methods.set_content_type(self, value)
  local context = context_of(self, 'set_content_type')
  value = check_header('set_content_type', 'Content-Type', value)
  unsent(context, 'set_content_type')
  set_header(context, 'Content-Type', value)
end

--- Adds to the body.
function methods.write(self, data) add(context_of(self, 'write'), 'write', data) end

--- Adds a value to the body as JSON, and sets the type unless it is set. Returns true, or nil and an error.
function methods.write_json(self, value)
  local context = context_of(self, 'write_json')
  local text, problem = json.encode(value)
  if not text then return nil, problem end
  if not context.started and not has_header(context, 'content-type') then set_header(context, 'Content-Type', 'application/json') end
  add(context, 'write_json', text)
  return true
end

--- Sends what has been written so far and waits until the client has taken it: the body need not be known as a whole.
-- Returns true, or nil and an error when the client has gone.
function methods.flush(self)
  local context = context_of(self, 'flush')
  context.touched, context.wrote = true, true
  if http.flush(context) then return true end
  return nil, errors.make { message = 'the client has gone', kind = errors.kinds.UNAVAILABLE }
end

local FIELDS = { name = true, data = true, id = true, retry = true }

--- Sends a server-sent event at once: `{name =, data =, id =, retry = milliseconds}`; data that is not a string is sent as JSON.
-- Returns true, or nil and an error.
function methods.write_event(self, event)
  local context = context_of(self, 'write_event')
  if type(event) ~= 'table' then error('response:write_event: expected a table, got ' .. got(event), 2) end
  for key in pairs(event) do
    if not FIELDS[key] then
      error("response:write_event: unknown field '" .. tostring(key) .. "'" .. nearest.hint(key, { 'name', 'data', 'id', 'retry' }), 2)
    end
  end
  local data = event.data
  if data == nil then data = '' end
  if type(data) ~= 'string' then
    local text, problem = json.encode(data)
    if not text then return nil, problem end
    data = text
  end
  if not context.started and not has_header(context, 'content-type') then
    set_header(context, 'Content-Type', 'text/event-stream')
    set_header(context, 'Cache-Control', 'no-cache')
  end
  for _, key in ipairs { 'id', 'name', 'retry' } do
    local value = event[key]
    if value ~= nil then
      local text = tostring(value)
      if text:find '[\r\n%z]' then error('response:write_event: expected one line as `' .. key .. '`, got a line break or NUL', 2) end
      add(context, 'write_event', (key == 'name' and 'event' or key) .. ': ' .. text .. '\n')
    end
  end
  for line in (data:gsub('\r\n?', '\n') .. '\n'):gmatch '(.-)\n' do
    add(context, 'write_event', 'data: ' .. line .. '\n')
  end
  add(context, 'write_event', '\n')
  return self:flush()
end

META.__index = methods
META.__newindex = function() error('a response is changed by its methods: response:set_status(404)', 2) end
META.__tostring = function() return 'http.response' end

--- Makes the response of a context (see lua/http/requests.lua).
---@param context table
---@return table
function M.open(context)
  local value = newproxy(PROTOTYPE)
  setfields(value, { context = context })
  return value
end

return M
