-- The module `errors`: error values made, wrapped and asked about by scripts.
local errors = require 'lua.values.errors'
local got = require 'lua.values.got'
local nearest = require 'lua.values.nearest'

local type, error, pairs, tostring = type, error, pairs, tostring
local make, is_error, fields_of = errors.make, errors.is_error, errors.fields

local M = {}

local kinds, known = {}, {}
for constant, kind in pairs(errors.kinds) do
  M[constant] = kind
  kinds[#kinds + 1] = kind
  known[kind] = true
end

local FIELDS = { message = 'string', kind = 'string', retryable = 'boolean', details = 'any' }

local function check(given)
  for key, value in pairs(given) do
    local expected = FIELDS[key]
    if not expected then
      error("errors.new: unknown field '" .. tostring(key) .. "'" .. nearest.hint(key, { 'message', 'kind', 'retryable', 'details' }), 3)
    end
    if expected ~= 'any' and type(value) ~= expected then
      error('errors.new: expected a ' .. expected .. ' as ' .. key .. ', got ' .. got(value), 3)
    end
  end
  if given.message == nil then error('errors.new: expected a string as message, got nil', 3) end
  if given.kind ~= nil and not known[given.kind] then
    error("errors.new: unknown kind '" .. given.kind .. "'" .. nearest.hint(given.kind, kinds), 3)
  end
end

--- Makes an error from a text, or from a table of `message`, `kind`, `retryable` and `details`.
function M.new(given)
  if type(given) == 'string' then return make { message = given } end
  if type(given) ~= 'table' then error('errors.new: expected a string or a table, got ' .. got(given), 2) end
  check(given)
  return make { message = given.message, kind = given.kind, retryable = given.retryable, details = given.details }
end

--- Returns an error whose message begins with `context` and whose cause is `err`; the rest is as in `err`. Of nil, nil.
function M.wrap(err, context)
  if type(context) ~= 'string' then error('errors.wrap: expected a string as the context, got ' .. got(context), 2) end
  if err == nil then return nil end
  local cause = errors.from(err, { kind = errors.kinds.UNKNOWN })
  local fields = fields_of(cause)
  return make {
    message = context .. ': ' .. fields.message,
    kind = fields.kind,
    retryable = fields.retryable,
    details = fields.details,
    entry = fields.entry,
    func = fields.func,
    wasm_backtrace = fields.wasm_backtrace,
    cause = cause,
  }
end

--- Says whether a value is an error of this kind; false for nil and whatever else is not an error.
function M.is(err, kind) return is_error(err) and fields_of(err).kind == kind end

--- Returns where an error came from: `{thread, frames}`. `thread` is the entry that it came from, or "main"; each frame, innermost first,
--- is `{source, line, name}`, with `guest = true` where it is a guest's.
function M.call_stack(err)
  if not is_error(err) then error('errors.call_stack: expected an error, got ' .. got(err), 2) end
  local frames = errors.call_stack(err)
  for i = 1, #frames do
    frames[i].source = frames[i].file or '?'
  end
  return { thread = fields_of(err).entry or 'main', frames = frames }
end

return M
