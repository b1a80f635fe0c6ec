-- The request that a handler answers. What a script holds is a userdata; the data is its environment table.
local errors = require 'lua.values.errors'
local got = require 'lua.values.got'
local intermediate = require 'lua.values.intermediate'
local json = require 'stdlib.json'
local multipart = require 'stdlib.http.multipart'
local uri = require 'stdlib.http.uri'

local newproxy, getmetatable, setfields, getfields = newproxy, getmetatable, debug.setfenv, debug.getfenv
local type, error, pairs, ipairs, lower, rawget, setmetatable = type, error, pairs, ipairs, string.lower, rawget, setmetatable
local INVALID = errors.kinds.INVALID

-- How many fields a form may have, and a query.
local MOST_FIELDS = 10000

local M = {}

local PROTOTYPE = newproxy(true)
local META = getmetatable(PROTOTYPE)
META.__metatable = 'http.request'

local methods = {}

local function fields(value, method)
  if type(value) ~= 'userdata' or getmetatable(value) ~= 'http.request' then
    error('request:' .. method .. '() is called on a ' .. type(value) .. ', write request:' .. method .. '()', 3)
  end
  return getfields(value)
end

local function name_given(name, method)
  if type(name) ~= 'string' then error('request:' .. method .. ': expected a string as the name, got ' .. got(name), 3) end
  return name
end

local function invalid(message) return nil, errors.make { message = message, kind = INVALID } end

local function too_many(what, parts) return ('the %s has more than %d %s, which is more than is read'):format(what, MOST_FIELDS, parts) end

-- Values by name, the first of each.
local function by_name(pairs_of)
  local found = {}
  for _, pair in ipairs(pairs_of) do
    if found[pair[1]] == nil then found[pair[1]] = pair[2] end
  end
  return found
end

local function copied(values)
  local copy = {}
  for key, value in pairs(values) do
    copy[key] = value
  end
  return copy
end

-- Names in lower case; what is sent several times is joined, as HTTP allows.
local function read_headers(self)
  if not self.headers then
    local found = {}
    for name, value in (self.raw_headers .. '\0'):gmatch '(%Z*)%z(%Z*)%z' do
      name = lower(name)
      found[name] = found[name] and found[name] .. (name == 'cookie' and '; ' or ', ') .. value or value
    end
    self.headers = found
  end
  return self.headers
end

-- The pairs of the query, and the first value of each name. A service's limit for the first line bounds what is read here; it may
-- be set to a million bytes, of which as many pairs are read as of a form.
local function queries(self)
  if not self.pairs then
    self.pairs = uri.pairs(self.query, MOST_FIELDS)
    if not self.pairs then error(errors.make { message = too_many('query', 'parameters'), kind = INVALID }, 0) end
    self.first = by_name(self.pairs)
  end
  return self.pairs, self.first
end

--- Returns the method: "GET".
function methods.method(self) return fields(self, 'method').method end

--- Returns the path, without its query and its escapes.
function methods.path(self) return fields(self, 'path').path end

--- Returns the first value of a name in the query, or nil; without a name a table of the first value of each.
function methods.query(self, name)
  local _, first = queries(fields(self, 'query'))
  if name == nil then return copied(first) end
  return first[name_given(name, 'query')]
end

--- Returns every value of a name in the query, as a list.
function methods.queries(self, name)
  local found = {}
  name_given(name, 'queries')
  for _, pair in ipairs(queries(fields(self, 'queries'))) do
    if pair[1] == name then found[#found + 1] = pair[2] end
  end
  return found
end

--- Returns the value of a header, whatever the case of its name, or nil.
function methods.header(self, name) return read_headers(fields(self, 'header'))[lower(name_given(name, 'header'))] end

local HEADERS = { __index = function(headers, name) return type(name) == 'string' and rawget(headers, lower(name)) or nil end }

--- Returns a table of the headers, which finds a name whatever its case; its own names are in lower case.
function methods.headers(self) return setmetatable(copied(read_headers(fields(self, 'headers'))), HEADERS) end

--- Returns the body.
function methods.body(self) return fields(self, 'body').body end

--- Returns what the body's JSON stands for, or nil and an error of kind Invalid.
function methods.body_json(self)
  local body = fields(self, 'body_json').body
  if body == '' then return invalid 'the request has no body' end
  local value, problem = json.decode(body)
  if problem then return invalid('the body is not JSON: ' .. problem:message():gsub('^json.decode: ', '')) end
  return value
end

--- Returns the value of a variable of the route's path, or nil.
function methods.param(self, name) return fields(self, 'param').params[name_given(name, 'param')] end

--- Returns a table of the variables of the route's path.
function methods.params(self) return copied(fields(self, 'params').params) end

--- Returns the address of the client, or of the proxy before the server.
function methods.remote_addr(self) return fields(self, 'remote_addr').remote end

--- Returns the Host header.
function methods.host(self) return fields(self, 'host').host end

--- Returns the request's id, which stands in the log and in the response.
function methods.id(self) return fields(self, 'id').id end

--- Returns the type of the body without its parameters: "application/json", or nil.
function methods.content_type(self)
  local type_of = read_headers(fields(self, 'content_type'))['content-type']
  return type_of and lower(type_of:match '^%s*([^;%s]*)')
end

--- Returns the fields of a form, urlencoded or multipart: a table of the first value of each name; or nil and an error. A form of
-- more than 10,000 fields, or 1,000 parts, is not read.
function methods.form(self)
  local state = fields(self, 'form')
  local kind = read_headers(state)['content-type'] or ''
  if lower(kind):find '^application/x%-www%-form%-urlencoded' then
    local listed = uri.pairs(state.body, MOST_FIELDS)
    if not listed then return invalid(too_many('form', 'fields')) end
    return by_name(listed)
  end
  local parts, problem = multipart.parts(state.body, kind)
  if not parts then return invalid(lower(kind):find '^multipart/' and problem or 'the request is not a form') end
  local found = {}
  for _, part in ipairs(parts) do
    if not part.filename then found[#found + 1] = { part.name, part.data } end
  end
  return by_name(found)
end

--- Returns the parts of a multipart/form-data body, each `{name, filename, content_type, data}`; or nil and an error.
function methods.multipart(self)
  local state = fields(self, 'multipart')
  local parts, problem = multipart.parts(state.body, read_headers(state)['content-type'])
  if not parts then return invalid(problem) end
  return parts
end

META.__index = methods
META.__newindex = function() error("a request can't be changed", 2) end
META.__tostring = function(value)
  local state = getfields(value)
  return state.method .. ' ' .. state.path
end

--- Makes the request of a context (see lua/http/requests.lua).
---@param context table
---@return table
function M.open(context)
  local values = intermediate.decode_all(context.request)
  local value = newproxy(PROTOTYPE)
  setfields(value, {
    method = values[1],
    path = values[2],
    query = values[3],
    raw_headers = values[4],
    params = values[5],
    body = values[6],
    remote = values[7],
    host = values[8],
    id = values[9],
  })
  return value
end

return M
