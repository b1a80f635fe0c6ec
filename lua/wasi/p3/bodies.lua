-- Bodies of wasi:http 0.3: a stream of bytes and what came of it, where one side is a guest. Each has read(), which waits and gives a
-- piece, or nil at the end; look(), what a read would come to (lua/tasks/objects.lua); outcome(), which waits for the end of the
-- message and gives its failure, or nil; is_known(), whether that is there; and close(), which its writer sees. A failure is {code =
-- number of a case of error-code, message =}. Trailers are not sent.

local dispatcher = require 'lua.dispatcher.dispatcher'
local exchange = require 'lua.wasi.exchange'
local objects = require 'lua.tasks.objects'
local optional = require 'lua.values.optional'
local signal = require 'lua.wasi.signal'

local error, pcall, concat = error, pcall, table.concat
local none = optional.none

local M = {}

-- How much is read at once, in bytes.
local PIECE = 65536
-- How often others go first, so that a body that is short may become whole.
local TURNS = 3

-- Failures -------------------------------------------------------------------------------------------------------------

local CASES = 'DNS-timeout DNS-error destination-not-found destination-unavailable destination-IP-prohibited '
  .. 'destination-IP-unroutable connection-refused connection-terminated connection-timeout connection-read-timeout '
  .. 'connection-write-timeout connection-limit-reached TLS-protocol-error TLS-certificate-error TLS-alert-received '
  .. 'HTTP-request-denied HTTP-request-length-required HTTP-request-body-size HTTP-request-method-invalid HTTP-request-URI-invalid '
  .. 'HTTP-request-URI-too-long HTTP-request-header-section-size HTTP-request-header-size HTTP-request-trailer-section-size '
  .. 'HTTP-request-trailer-size HTTP-response-incomplete HTTP-response-header-section-size HTTP-response-header-size '
  .. 'HTTP-response-body-size HTTP-response-trailer-section-size HTTP-response-trailer-size HTTP-response-transfer-coding '
  .. 'HTTP-response-content-coding HTTP-response-timeout HTTP-upgrade-failed HTTP-protocol-error loop-detected configuration-error '
  .. 'internal-error'
local names, numbers = {}, {}
for name in CASES:gmatch '%S+' do
  local number = #names + 1
  names[number], numbers[name] = name, number - 1
end

-- What cases hold of which nothing is known: options and records; the others hold nothing.
local HOLDS = { [14] = {}, [21] = none, [22] = none, [23] = none, [24] = {}, [26] = none, [27] = {}, [28] = none, [29] = none, [30] = {} }
HOLDS[31], HOLDS[32] = none, none

--- Gives a failure as a value of error-code.
---@param failure {code: integer, message: string?, number: integer?}
---@return any
function M.code(failure)
  local name, held = names[failure.code + 1], HOLDS[failure.code]
  if name == 'DNS-error' then
    held = { rcode = failure.message }
  elseif name == 'HTTP-request-body-size' then
    held = failure.number or none
  elseif name == 'internal-error' then
    held = failure.message or none
  end
  if held == nil then return name end
  return { [name] = held }
end

--- Gives the failure that a value of error-code stands for.
---@param code any
---@return {code: integer, message: string}
function M.failure(code)
  local name, held = code, nil
  if type(code) == 'table' then
    name, held = next(code)
  end
  local message = type(held) == 'string' and ('%s: %s'):format(name, held) or tostring(name)
  return { code = numbers[name] or exchange.INTERNAL, message = message }
end

-- Waits until a source is ready; raises the problem that ends the task.
local function wait(source, what)
  while not source.ready() do
    local task, generation = dispatcher.ticket()
    if not task then error(generation, 0) end
    local stop = source.watch(task, generation, dispatcher.wake)
    local problem = dispatcher.wait_until(nil, what)
    stop()
    if problem then error(problem, 0) end
  end
end
M.wait = wait

-- Bodies of guests -------------------------------------------------------------------------------------------------------

--- Makes the body that a guest gives: its contents, a stream or nil, and the future of its trailers.
---@param contents any
---@param trailers table
---@return table
function M.given(contents, trailers)
  local self = { contents = contents, trailers = trailers, known = nil, problem = nil }
  local outcome

  function self.read()
    if not contents then return nil end
    local piece, problem = contents:read(PIECE)
    if problem then self.problem = { code = exchange.INTERNAL, message = problem:message() } end
    return piece
  end

  function self.look()
    if not contents or self.problem then return 'over' end
    return objects.look(contents)
  end

  -- The trailers are looked at when somebody wants to know of them: until then they may be handed on.
  local function watch()
    if outcome then return end
    outcome = signal(function() return self.known ~= nil end)
    objects.watch(trailers, function(value, problem)
      if problem ~= nil then
        self.known = { failure = { code = exchange.INTERNAL, message = problem:message() } }
      elseif value.err ~= nil then
        self.known = { failure = M.failure(value.err) }
      else
        self.known = {}
      end
      outcome.notify()
    end)
  end

  function self.is_known()
    watch()
    return self.known ~= nil or self.problem ~= nil
  end

  function self.outcome()
    if self.problem then return self.problem end
    watch()
    wait(outcome, 'the trailers of a body')
    return self.known.failure
  end

  function self.close()
    if contents then contents:close() end
  end

  function self.hand() return contents or '', trailers end

  return self
end

-- Bodies that come by the network -----------------------------------------------------------------------------------------

local UNREAD = { code = exchange.INTERNAL, message = 'the body was not read to its end' }

--- Makes the body that a source gives (lua/wasi/exchange.lua), or nobody for nil; close() is called when it is not wanted any more.
---@param source table?
---@param close fun()
---@return table
function M.received(source, close)
  local self = { over = source == nil, problem = nil }

  function self.read()
    while not self.over do
      wait(source, 'the body of a message')
      local text, why = source.take(PIECE)
      if text == nil then
        self.over, self.problem = true, why and why.failure
      elseif text ~= '' then
        return text
      end
    end
  end

  function self.look()
    if self.over then return 'over' end
    return source.ready() and 'ready' or 'waiting'
  end

  function self.is_known() return self.over end

  function self.outcome() return self.problem end

  self.close = close

  function self.hand(state)
    local future, complete = objects.future()
    if self.over then
      close()
      complete { ok = none }
      return '', future
    end
    local stream = objects.fed(state, self.read, function()
      local failure = self.problem or not self.over and UNREAD
      complete(failure and { err = M.code(failure) } or { ok = none })
      close()
    end)
    return stream, future
  end

  return self
end

-- Both -------------------------------------------------------------------------------------------------------------------

--- Reads what there is of a body, up to about `most` bytes; gives it, and whether it is the whole message.
---@param body table
---@param most integer
---@return string
---@return boolean
function M.gather(body, most)
  local pieces, size = {}, 0
  for turn = 1, TURNS do
    while size < most and body.look() == 'ready' do
      local piece = body.read()
      pieces[#pieces + 1] = piece
      size = size + (piece and #piece or 0)
    end
    local over = body.look() == 'over' and body.is_known()
    if over or size >= most then return concat(pieces), over end
    if turn < TURNS then
      local problem = dispatcher.pause 'the body of a message'
      if problem then error(problem, 0) end
    end
  end
  return concat(pieces), false
end

--- Passes a body on, after what was read of it `first`: write(piece) may wait, and gives false where nobody takes it any more. Gives the
--- failure of the message, or nil, or false where it was not taken; the body is closed however it ends.
---@param body table
---@param write fun(piece: string): boolean
---@param first string?
---@return table|false|nil
function M.pass(body, write, first)
  local ok, result = pcall(function()
    if first and first ~= '' and not write(first) then return false end
    while true do
      local piece = body.read()
      if piece == nil then return body.outcome() end
      if not write(piece) then return false end
    end
  end)
  body.close()
  if not ok then error(result, 0) end
  return result
end

return M
