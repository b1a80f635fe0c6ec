-- The module `progress`: how far something is. On a terminal a bar on standard error, in one line that is drawn anew; elsewhere a line now
-- and then.
local clock = require 'lua.dispatcher.clock'
local got = require 'lua.values.got'
local object = require 'stdlib.fs.object'
local options = require 'stdlib.values.options'
local output = require 'lua.scripts.output'
local screen = require 'stdlib.console.screen'

local type, error, floor, min, max, rep = type, error, math.floor, math.min, math.max, string.rep
---@type table
local stderr = io.stderr

local M = {}

-- How long a drawing stands at least on a terminal, and how often a line comes elsewhere when the total is not known, in nanoseconds.
local FRAME, PAUSE = 50e6, 5e9
-- Elsewhere there is a line for each of so many parts of the whole.
local PARTS = 10
local WIDEST_BAR = 40

local class = object.class(
  'bar',
  'a progress bar',
  function(state) return 'bar (' .. state.done .. (state.total and ' of ' .. state.total or '') .. ')' end
)
local methods = class.methods

local function duration_text(seconds)
  seconds = max(floor(seconds), 0)
  if seconds < 3600 then return ('%d:%02d'):format(seconds / 60, seconds % 60) end
  return ('%d:%02d:%02d'):format(seconds / 3600, seconds / 60 % 60, seconds % 60)
end

local function counts(state)
  local text = state.total and ('%d of %d'):format(state.done, state.total) or ('%d'):format(state.done)
  return text .. (state.failed > 0 and (', %d failed'):format(state.failed) or '')
end

local function rate(state)
  local seconds = (clock.monotonic() - state.began) / 1e9
  local text = duration_text(seconds)
  if state.over or not state.total or state.done == 0 then return text end
  return text .. ', ' .. duration_text(seconds / state.done * (state.total - state.done)) .. ' left'
end

local function erase() stderr:write '\r\27[K' end

local function draw(state)
  output.stand(nil)
  local width = screen.width 'error'
  local title = state.title and state.title .. ' ' or ''
  local text = counts(state) .. '  ' .. rate(state)
  local room = min(width - screen.columns(title) - screen.columns(text) - 5, WIDEST_BAR)
  local bar = ''
  if state.total and room >= 5 then
    local filled = state.total == 0 and room or floor(room * min(state.done / state.total, 1))
    bar = '[' .. rep('#', filled) .. rep('.', room - filled) .. '] '
  end
  local line = title .. bar .. text
  if screen.columns(line) >= width then line = screen.fit(line, width - 1) end
  stderr:write('\r', line, '\27[K', state.over and '\n' or '')
  -- What is printed next takes its place, and the next drawing stands below that.
  if not state.over then output.stand(erase) end
  state.drawn = clock.monotonic()
end

local function tell(state)
  output.complain((state.title and state.title .. ': ' or '') .. counts(state) .. ' (' .. rate(state) .. ')\n')
  state.drawn, state.part = clock.monotonic(), state.total and floor(PARTS * state.done / max(state.total, 1)) or 0
end

local function show(state)
  if state.terminal then
    if clock.monotonic() - state.drawn >= FRAME then draw(state) end
  elseif state.total then
    -- The last line comes with the end.
    if state.done < state.total and floor(PARTS * state.done / max(state.total, 1)) > state.part then tell(state) end
  elseif clock.monotonic() - state.drawn >= PAUSE then
    tell(state)
  end
end

local OPTIONS = { total = options.number(0, true), title = options.of 'string' }

--- Makes a bar of `total` steps, of an unknown number without, and shows it; `title` says what is done.
---@param given? {total: integer?, title: string?}
function M.bar(given)
  local read, wrong = options.read(given == nil and {} or given, OPTIONS, 'options')
  if not read then error('progress.bar: ' .. wrong, 2) end
  local now = clock.monotonic()
  local state = {
    total = read.total,
    title = read.title and screen.clean(read.title),
    done = 0,
    failed = 0,
    began = now,
    drawn = now,
    part = 0,
    terminal = screen.is_terminal 'error',
    over = false,
  }
  if state.terminal then draw(state) end
  return class.new(state)
end

local function checked(bar, name)
  local state = class.state(bar)
  if not state then error('bar:' .. name .. ' is called on ' .. object.described(bar) .. ', write bar:' .. name .. '(...)', 3) end
  return state
end

local function whole(value, name)
  if type(value) == 'number' and value % 1 == 0 and value >= 0 and value < 2 ^ 53 then return value end
  error('bar:' .. name .. ': expected a whole number of steps, got ' .. (type(value) == 'number' and value or got(value)), 3)
end

--- Notes that `n` steps more are done (1), and with `failed` that they have failed.
function methods.add(bar, n, failed)
  local state = checked(bar, 'add')
  n = n == nil and 1 or whole(n, 'add')
  if state.over then return end
  state.done = state.done + n
  if failed then state.failed = state.failed + n end
  show(state)
end

--- Notes that `n` steps are done in all.
function methods.set(bar, n)
  local state = checked(bar, 'set')
  n = whole(n, 'set')
  if state.over then return end
  state.done = n
  show(state)
end

--- Shows the bar a last time, which stays; nothing is shown after that.
function methods.finish(bar)
  local state = checked(bar, 'finish')
  if state.over then return end
  state.over = true
  if state.terminal then return draw(state) end
  tell(state)
end

return M
