-- What went wrong in a guest, as the error value that its caller gets.

local buffer = require 'string.buffer'
local errors = require 'lua.values.errors'

local M = {}

--- An error value of a kind, with more of its fields.
---@param kind string
---@param message string
---@param more table?
---@return any
function M.failure(kind, message, more)
  more = more or {}
  more.kind, more.message = kind, message
  return errors.make(more)
end

local failure = M.failure

local host -- the Python functions of lua/calls/entries.py by name, set by `setup`

-- A guest has called an import that is not linked: the host knows why, and what to do about it.
local function unlinked(target, report)
  ---@type border.Missing
  local answer = buffer.decode(host.unprovided(target.id, report.unlinked))
  return failure(answer.kind, answer.message, { entry = target.id, func = target.sig.name, wasm_backtrace = report.frames })
end

--- The error that says a call of entry target has taken longer than its limit.
---@param target Target
---@param more table?
---@return any
function M.late(target, more)
  return errors.late(target.sig.name, target.limits.limit_ms or 0, more or { entry = target.id, func = target.sig.name })
end

-- What answers an import of the guest has raised an error, which is what the guest's call ends with.
local function raised(target, report)
  local fields = errors.fields(report.raised)
  return failure(fields.kind, fields.message, {
    details = fields.details,
    retryable = fields.retryable,
    entry = fields.entry or target.id,
    func = fields.entry and fields.func or target.sig.name,
    wasm_backtrace = report.frames,
    lua_stack = fields.lua_stack,
    -- With a guest's backtrace of its own, where it has called another one.
    cause = fields.wasm_backtrace and report.raised or fields.cause,
  })
end

-- How long what a guest said is in a message, in bytes, how many lines of it, and what a line says that is to be the first of them.
local LONGEST, MOST_LINES = 300, 3
local PANICS = { 'panic', '[Ee]rror', 'assert', 'Assert', 'abort', 'Traceback', 'exception', 'Exception' }
-- What says how to see more of it.
local HINTS = { '^note: run with', '^note: .*RUST_BACKTRACE' }

local function fits(line, patterns)
  for _, pattern in ipairs(patterns) do
    if line:find(pattern) then return true end
  end
  return false
end

-- What a guest said as it failed, on one line: from where it says that it panics, else its last lines.
local function on_one_line(said)
  local lines, from = {}, nil
  for line in said:gmatch '[^\r\n]+' do
    line = line:gsub('%c', ' '):gsub('^ +', ''):gsub(' +$', '')
    if line ~= '' and not fits(line, HINTS) then
      lines[#lines + 1] = line
      if not from and fits(line, PANICS) then from = #lines end
    end
  end
  if not lines[1] then return nil end
  from = from or math.max(#lines - MOST_LINES + 1, 1)
  local text = table.concat(lines, ' ', from, math.min(from + MOST_LINES - 1, #lines))
  if #text > LONGEST then text = text:sub(1, LONGEST):gsub('[\192-\255][\128-\191]*$', '') .. '...' end
  return text
end

--- The error for a report of lua/wasmtime/trap.lua about entry target.
---@param target Target
---@param report Report
---@return any
function M.of_guest(target, report)
  if report.raised then return raised(target, report) end
  if report.unlinked then return unlinked(target, report) end
  local more = { entry = target.id, func = target.sig.name, wasm_backtrace = report.frames }
  if report.reason == 'interrupt' then return M.late(target, more) end
  if target.limits.limit_stack and report.reason == 'call stack exhausted' then
    return failure(
      errors.kinds.INTERNAL,
      ('%s: %s: it has %d bytes of stack (max_stack_bytes)'):format(target.sig.name, report.reason, target.limits.limit_stack),
      more
    )
  end
  local limit = target.limits.limit_bytes
  if limit and report.bytes and report.bytes + 65536 > limit then
    return failure(
      errors.kinds.INTERNAL,
      ('%s: %s; its memory of %d bytes can not grow under the limit of %d (max_memory_bytes)'):format(
        target.sig.name,
        report.reason,
        report.bytes,
        limit
      ),
      more
    )
  end
  local message = ('%s: %s'):format(target.sig.name, report.reason)
  local words = report.said and on_one_line(report.said)
  if words then
    message = message .. ': ' .. words
    more.details = { stderr = report.said }
  end
  return failure(errors.kinds.INTERNAL, message, more)
end

---@param given table<string, function>
function M.setup(given) host = given end

return M
