-- Error values: what `nil, err` carries, and what `error(err)` may throw.
--
-- An error is a userdata. Its data is the userdata's environment table, which a script has no means to reach, and
-- which, unlike an entry in a weak-keyed table, is collected even when its details hold the error itself.
local newproxy, getmetatable, tostring, type, error, pcall, rawget = newproxy, getmetatable, tostring, type, error, pcall, rawget
local getfields, setfields = debug.getfenv, debug.setfenv
local getinfo = debug.getinfo
local concat = table.concat

local M = {}

local MAX_FRAMES, MAX_LEVELS = 32, 200
local HOST = _G

local PROTOTYPE = newproxy(true)
local META = getmetatable(PROTOTYPE)
local LOCKED = 'error'
META.__metatable = LOCKED

--- The kinds of errors, by the names scripts know them under.
M.kinds = {
  NOT_FOUND = 'NotFound',
  ALREADY_EXISTS = 'AlreadyExists',
  INVALID = 'Invalid',
  PERMISSION_DENIED = 'PermissionDenied',
  UNAVAILABLE = 'Unavailable',
  INTERNAL = 'Internal',
  CANCELED = 'Canceled',
  CONFLICT = 'Conflict',
  TIMEOUT = 'Timeout',
  RATE_LIMITED = 'RateLimited',
  UNKNOWN = '',
}

--- Says whether a value is an error value. Scripts can't forge one: they have no way to make a userdata.
---@param value any
---@return boolean
function M.is_error(value) return type(value) == 'userdata' and getmetatable(value) == LOCKED end
local is_error = M.is_error

--- Lists the script frames above `level`, or, of a coroutine that does not run, from `level` on: `{file, line, name}`, innermost first;
-- frames of the host itself are left out.
---@param level integer
---@param co thread?
---@return table[]
function M.frames(level, co)
  local frames = {}
  local first = co and level or level + 1
  for depth = first, first + MAX_LEVELS do
    local info
    if co then
      info = getinfo(co, depth, 'Slnf')
    else
      info = getinfo(depth, 'Slnf')
    end
    if not info or #frames == MAX_FRAMES then break end
    if info.what ~= 'C' and getfields(info.func) ~= HOST then
      frames[#frames + 1] = {
        file = info.source:match '^[@=](.*)' or info.short_src,
        line = info.currentline > 0 and info.currentline or nil,
        name = info.what == 'main' and 'main chunk' or info.name or ('function <line ' .. info.linedefined .. '>'),
      }
    end
  end
  return frames
end

--- Makes an error value from `message`, `kind`, `retryable`, `details`, `entry`, `func`, `wasm_backtrace`, `lua_stack`
--- and `cause`; a stack that is not given is taken from where it is made.
---@param given table
---@return Error
function M.make(given)
  local value = newproxy(PROTOTYPE)
  setfields(value, {
    message = given.message or '',
    kind = given.kind or '',
    retryable = given.retryable,
    details = given.details,
    entry = given.entry,
    func = given.func,
    wasm_backtrace = given.wasm_backtrace,
    lua_stack = given.lua_stack or M.frames(2),
    cause = given.cause,
  })
  return value
end

--- Makes the error of what has taken longer than its limit of `ms` milliseconds. `more` are its other fields; `doing` says what it was at.
---@param name string
---@param ms number
---@param more table
---@param doing? string
---@return Error
function M.late(name, ms, more, doing)
  more.kind = M.kinds.TIMEOUT
  more.message = ('%s: took longer than its limit of %.14g ms%s'):format(name, ms, doing and ': ' .. doing or '')
  return M.make(more)
end

-- How many errors the message of one names that stands for several.
local MOST_NAMED = 20

--- Returns one error for several: the only one itself, nil for none.
---@param all Error[]
---@return Error?
function M.together(all)
  local first = all[1]
  if #all < 2 then return first end
  local texts = {}
  for i = 1, math.min(#all, MOST_NAMED) do
    texts[i] = getfields(all[i]).message
  end
  local fields = getfields(first)
  return M.make {
    message = concat(texts, '; ') .. (#all > MOST_NAMED and (' (and %d more)'):format(#all - MOST_NAMED) or ''),
    kind = fields.kind,
    retryable = fields.retryable,
    details = fields.details,
    cause = first,
    lua_stack = {},
  }
end

--- Returns the table behind an error value, for encoding; nil for anything else. Never hand it to a script.
---@param value any
---@return table?
function M.fields(value) return is_error(value) and getfields(value) or nil end

--- Passes on what a `pcall` of a script's code has given; lua/dispatcher/interrupt.lua looks there whether the code is to end.
---@param ... any
---@return any
function M.caught(...) return ... end

-- A __tostring of a script may itself raise.
local function text_of(value)
  local ok, text = M.caught(pcall(tostring, value))
  if ok and type(text) == 'string' then return text end
  return 'a ' .. type(value) .. " value that can't be shown"
end

-- What a thrown value says: a table's `message` where it has one and no words of its own.
local function message_of(value)
  if type(value) ~= 'table' or getmetatable(value) ~= nil then return text_of(value) end
  local message = rawget(value, 'message')
  return type(message) == 'string' and message or text_of(value)
end

--- Returns a thrown value as an error value: an error as it is, anything else as the message of a new one.
---@param value any
---@param defaults? table
---@return Error
function M.from(value, defaults)
  if is_error(value) then return value end
  local given = {}
  for key, default in pairs(defaults or {}) do
    given[key] = default
  end
  given.message = value == nil and (given.message or 'an error without a message') or message_of(value)
  if given.details == nil and type(value) == 'table' then given.details = value end
  given.kind = given.kind or M.kinds.INTERNAL
  return M.make(given)
end

local function guest_frame(frame)
  if type(frame) ~= 'table' then return { name = tostring(frame), guest = true } end
  return { file = frame.file or frame.module, line = frame.line, name = frame.name or frame.func, offset = frame.offset, guest = true }
end

--- Lists where an error came from, innermost first: guest frames, marked `guest = true`, then Lua frames.
---@param value Error
---@return table[]
function M.call_stack(value)
  local fields = M.fields(value)
  local frames = {}
  if not fields then return frames end
  local trace = fields.wasm_backtrace
  if type(trace) == 'string' then
    for line in trace:gmatch('[^\n]+') do
      frames[#frames + 1] = guest_frame((line:gsub('^%s+', '')))
    end
  elseif type(trace) == 'table' then
    for _, frame in ipairs(trace) do
      frames[#frames + 1] = guest_frame(frame)
    end
  end
  for _, frame in ipairs(fields.lua_stack) do
    frames[#frames + 1] = { file = frame.file, line = frame.line, name = frame.name }
  end
  return frames
end

local function place(frame)
  local where = frame.file and (frame.file .. (frame.line and ':' .. frame.line or '') .. ': ') or ''
  local offset = frame.offset and (' at 0x' .. ('%x'):format(frame.offset)) or ''
  return where .. 'in ' .. (frame.guest and 'guest ' or '') .. (frame.name or '?') .. offset
end

local methods = {}

local function fields_of(value, method)
  if not is_error(value) then error('err:' .. method .. '() is called on a ' .. type(value) .. ', write err:' .. method .. '()', 3) end
  return getfields(value)
end

--- Returns the kind, one of the constants of `errors`.
function methods.kind(value) return fields_of(value, 'kind').kind end

--- Returns the message.
function methods.message(value) return fields_of(value, 'message').message end

--- Says whether trying again may help; nil when whoever made the error did not say.
function methods.retryable(value) return fields_of(value, 'retryable').retryable end

--- Returns the details, any value, or nil.
function methods.details(value) return fields_of(value, 'details').details end

--- Returns the error that this one wraps, or nil.
function methods.cause(value) return fields_of(value, 'cause').cause end

--- Returns nil and the error: the channel of a future gives an error in place of a payload, and both are asked in the same way.
function methods.data(value)
  fields_of(value, 'data')
  return nil, value
end

--- Returns where the error came from as text, one line per frame, causes below.
function methods.stack(value)
  local fields = fields_of(value, 'stack')
  local lines = { tostring(value) }
  for _ = 1, MAX_FRAMES do
    if fields.entry then lines[#lines + 1] = '\tin entry ' .. fields.entry .. (fields.func and ' (' .. fields.func .. ')' or '') end
    for _, frame in ipairs(M.call_stack(value)) do
      lines[#lines + 1] = '\t' .. place(frame)
    end
    value = fields.cause
    fields = M.fields(value)
    if not fields then break end
    lines[#lines + 1] = 'caused by: ' .. tostring(value)
  end
  return concat(lines, '\n')
end

META.__index = methods
META.__newindex = function(_, key) error("an error value can't be changed (assignment to '" .. text_of(key) .. "')", 2) end
META.__tostring = function(value) return getfields(value).message end

local function concatenable(value)
  if is_error(value) then return getfields(value).message end
  if type(value) == 'string' or type(value) == 'number' then return value end
  error('attempt to concatenate an error and a ' .. type(value) .. ' value', 3)
end

META.__concat = function(left, right) return concatenable(left) .. concatenable(right) end

return M
