-- http_client: requests to other servers. Their sender waits as for anything else; the lane goes on meanwhile.
local away = require 'lua.dispatcher.away'
local callbacks = require 'lua.lane.ask'
local dispatcher = require 'lua.dispatcher.dispatcher'
local duration = require 'stdlib.values.duration'
local errors = require 'lua.values.errors'
local got = require 'lua.values.got'
local intermediate = require 'lua.values.intermediate'
local json = require 'stdlib.json'
local nearest = require 'lua.values.nearest'
local stream = require 'stdlib.http.stream'
local uri = require 'stdlib.http.uri'

local type, error, pairs, ipairs, tostring, tonumber, lower = type, error, pairs, ipairs, tostring, tonumber, string.lower
local rawget, setmetatable = rawget, setmetatable
local INVALID = errors.kinds.INVALID

local M = {}

-- What holds where the options say nothing: milliseconds, redirects, bytes.
local TIMEOUT, REDIRECTS, MOST = 30000, 10, 64 * 1024 * 1024
local KNOWN = { 'headers', 'body', 'query', 'form', 'json', 'timeout', 'stream', 'redirects', 'max_body_bytes' }
local METHODS = { 'GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS' }

local is_known, is_method = {}, {}
for _, name in ipairs(KNOWN) do
  is_known[name] = true
end
for _, name in ipairs(METHODS) do
  is_method[name] = true
end

local function invalid(message) return nil, errors.make { message = message, kind = INVALID } end

local function whole(options, name, default)
  local value = options[name]
  if value == nil then return default end
  if type(value) ~= 'number' or value % 1 ~= 0 or value < 0 or value > 2 ^ 40 then
    return nil, 'expected a whole number as ' .. name .. ', got ' .. tostring(value)
  end
  return value
end

-- The timeout in milliseconds; 0 is none.
local function timeout_of(options)
  local value = options.timeout
  if value == nil then return TIMEOUT end
  if value == 0 then return 0 end
  if type(value) == 'number' then value = value * 1e6 end
  local ns, wrong = duration.of(value)
  if not ns then return nil, 'timeout: ' .. wrong end
  ns = tonumber(ns)
  if ns <= 0 then return nil, 'expected a timeout of more than 0, or 0 for none, got ' .. tostring(options.timeout) end
  return ns / 1e6
end

local function headers_of(options)
  local listed, has = {}, {}
  if options.headers ~= nil and type(options.headers) ~= 'table' then
    return nil, 'expected a table as headers, got ' .. got(options.headers)
  end
  for name, value in pairs(options.headers or {}) do
    if type(name) ~= 'string' or not name:find "^[%w!#$%%&'*+.^_`|~-]+$" then
      return nil, ('%s is not a valid name of a header'):format(tostring(name))
    end
    for _, one in ipairs(type(value) == 'table' and value or { value }) do
      if type(one) ~= 'string' and type(one) ~= 'number' then
        return nil, ('expected a string as the header %s, got %s'):format(name, got(one))
      end
      one = tostring(one)
      if one:find '[%z\1-\8\10-\31\127]' then return nil, ('the header %s holds a control character'):format(name) end
      listed[#listed + 1] = { name, one }
    end
    has[lower(name)] = true
  end
  return listed, has
end

-- The body and its type, or nil, nil and a sentence.
local function body_of(options)
  local given
  for _, name in ipairs { 'body', 'form', 'json' } do
    if options[name] ~= nil then
      if given then return nil, nil, ('%s and %s are both given'):format(given, name) end
      given = name
    end
  end
  if given == 'form' then
    if type(options.form) ~= 'table' then return nil, nil, 'expected a table as form, got ' .. got(options.form) end
    local text, problem = uri.query(options.form)
    return text, 'application/x-www-form-urlencoded', problem and 'form: ' .. problem
  elseif given == 'json' then
    local text, problem = json.encode(options.json)
    return text, 'application/json', problem and problem:message()
  elseif given and type(options.body) ~= 'string' then
    return nil, nil, 'expected a string as body, got ' .. got(options.body)
  end
  return options.body or ''
end

local function with_query(url, query)
  if query == nil then return url end
  if type(query) ~= 'table' then return nil, 'expected a table as query, got ' .. got(query) end
  local text, problem = uri.query(query)
  if not text then return nil, 'query: ' .. problem end
  if text == '' then return url end
  local plain, fragment = url:match '^([^#]*)(#?.*)$'
  return plain .. (plain:find('?', 1, true) and '&' or '?') .. text .. fragment
end

-- The encoded request, or nil and a sentence.
local function encoded(method, url, options)
  local timeout, redirects, most, problem
  timeout, problem = timeout_of(options)
  if not timeout then return nil, problem end
  redirects, problem = whole(options, 'redirects', REDIRECTS)
  if not redirects then return nil, problem end
  most, problem = whole(options, 'max_body_bytes', MOST)
  if not most then return nil, problem end
  local headers, has = headers_of(options)
  if not headers then return nil, has end
  local body, kind
  body, kind, problem = body_of(options)
  if not body then return nil, problem end
  if kind and not has['content-type'] then headers[#headers + 1] = { 'Content-Type', kind } end
  if not has['user-agent'] then headers[#headers + 1] = { 'User-Agent', 'moonwit' } end
  url, problem = with_query(url, options.query)
  if not url then return nil, problem end
  if timeout == 0 then timeout = nil end
  return intermediate.encode_all(8, method, url, headers, body, timeout, redirects, most, options.stream and true or false)
end

-- Has Python do something that is waited for; gives its answer, or nil and an error.
local function wait(operation, data)
  local _, answer, problem = away.call(function(ticket)
    local _, refused = callbacks.ask('fetch', operation, ticket, data)
    return refused
  end, function(ticket) callbacks.ask('fetch', 'cancel', ticket, '') end, 'http_client')
  if problem then return nil, problem end
  if answer.failed then
    local retryable = answer.kind == errors.kinds.TIMEOUT or answer.kind == errors.kinds.UNAVAILABLE
    return nil, errors.make { kind = answer.kind, message = answer.message, retryable = retryable or nil }
  end
  return answer
end

-- Headers are found whatever the case of a name; their own names are in lower case.
local HEADERS = { __index = function(headers, name) return type(name) == 'string' and rawget(headers, lower(name)) or nil end }

local function response_of(answer, room)
  local headers, cookies = setmetatable({}, HEADERS), {}
  for _, pair in ipairs(answer.headers) do
    local name, value = pair[1], pair[2]
    headers[name] = headers[name] and headers[name] .. ', ' .. value or value
    local cookie, text = value:match '^%s*([^=;]+)=([^;]*)'
    if name == 'set-cookie' and cookie then cookies[cookie] = text end
  end
  local response =
    { status_code = answer.status, headers = headers, cookies = cookies, url = answer.url, body = answer.body, body_size = #answer.body }
  if answer.stream then
    response.body, response.body_size = nil, -1
    response.stream = stream.open(answer.stream, wait, room)
  end
  return response
end

--- Sends a request and waits for its response: `{status_code, headers, cookies, body, body_size, url}`; or nil and an error.
-- Options: `headers`, `body`, `query`, `form`, `json`, `timeout` ("5s", or milliseconds; 30 s), `stream` (the response then has
-- `stream:read()` in place of a body), `redirects` (10), `max_body_bytes` (64 MiB). A status of any kind is not an error.
function M.request(method, url, options)
  if type(method) ~= 'string' then error('http_client.request: expected a string as the method, got ' .. got(method), 2) end
  if type(url) ~= 'string' then error('http_client: expected a string as the URL, got ' .. got(url), 2) end
  if options ~= nil and type(options) ~= 'table' then error('http_client: expected a table as the options, got ' .. got(options), 2) end
  for name in pairs(options or {}) do
    if not is_known[name] then error(("http_client: there is no option '%s'%s"):format(tostring(name), nearest.hint(name, KNOWN)), 2) end
  end
  method = method:upper()
  if not is_method[method] then return invalid(('http_client: there is no method %q%s'):format(method, nearest.hint(method, METHODS))) end
  local data, problem = encoded(method, url, options or {})
  if not data then return invalid('http_client: ' .. problem) end
  stream.drain()
  if not (options and options.stream) then
    local answer
    answer, problem = wait('send', data)
    if not answer then return nil, problem end
    return response_of(answer)
  end
  local room = stream.reserve()
  if not room then
    local words = 'http_client: %d responses are being read already, and no more may be: read them to their end, or close their streams'
    return nil, errors.make { message = words:format(stream.MOST), kind = errors.kinds.UNAVAILABLE }
  end
  local ok, answer, why = pcall(wait, 'send', data)
  if ok and answer then return response_of(answer, room) end
  stream.release(room)
  if not ok then error(answer, 0) end
  return nil, why
end

for _, method in ipairs { 'get', 'post', 'put', 'patch', 'delete', 'head' } do
  M[method] = function(url, options) return M.request(method, url, options) end
end

--- Sends several requests side by side, each `{method, url, options}`, and waits for all. Returns a table of responses and one
-- of errors, both by the number of the request; the second is nil when there are none.
function M.request_batch(requests)
  if type(requests) ~= 'table' then error('http_client.request_batch: expected a list of requests, got ' .. got(requests), 2) end
  for i, one in ipairs(requests) do
    if type(one) ~= 'table' or type(one[1]) ~= 'string' or type(one[2]) ~= 'string' then
      error(('http_client.request_batch: expected {method, url, options} as request %d, got %s'):format(i, got(requests[i])), 2)
    end
  end
  local responses, problems, children = {}, nil, {}
  local left, waiting, generation = #requests, nil, nil
  for i, one in ipairs(requests) do
    children[i] = dispatcher.spawn(function()
      local ok, response, problem = pcall(M.request, one[1], one[2], one[3])
      if not ok then
        response, problem = nil, errors.from(response, { kind = errors.kinds.INTERNAL })
      end
      responses[i] = response
      if problem then
        problems = problems or {}
        problems[i] = problem
      end
      left = left - 1
      if left == 0 and waiting then dispatcher.wake(waiting, generation) end
    end)
  end
  if left > 0 then
    waiting, generation = dispatcher.ticket()
    local canceled = dispatcher.suspend 'http_client.request_batch'
    if canceled then
      for _, child in ipairs(children) do
        dispatcher.cancel(child, canceled)
      end
      error(canceled, 0)
    end
  end
  return responses, problems
end

local function text_given(text, name)
  if type(text) ~= 'string' then error(name .. ': expected a string, got ' .. got(text), 3) end
end

--- Returns text as it may stand in any part of a URL.
function M.encode_uri(text)
  text_given(text, 'http_client.encode_uri')
  return uri.encode(text)
end

--- Returns text without its escapes.
function M.decode_uri(text)
  text_given(text, 'http_client.decode_uri')
  return uri.decode(text)
end

return M
