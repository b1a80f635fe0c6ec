-- How code of a session is stopped. What is typed is interpreted, never compiled, so that a hook can stop it: it looks at a number in
-- memory every few hundred instructions. The number is 0; or 1, to stop the input that runs; or 2 (ALL), to stop whatever script code runs.
-- Beside it stands, for the waiting input, the place of the input whose code runs, as its prompt has it: `[place]>`.
local dispatcher = require 'lua.dispatcher.dispatcher'
local errors = require 'lua.values.errors'
local interrupt = require 'lua.dispatcher.interrupt'

local current = dispatcher.current
local next, sort = next, table.sort

local ALL = 2

local M = {}

--- What is known of the input that runs.
---@class Stops
---@field foreground table? its group
---@field stopped boolean it was stopped
---@field problem table what stopped code ends with
---@field calm fun() stops nothing any more
---@field is_due fun(): boolean tells whether the input that runs is to end
---@field take_ended fun(): integer[] gives the places of inputs whose code in the background was stopped since the last time

--- Begins to look at the number, whose address `flag` is.
---@param flag ffi.cdata*
---@return Stops
function M.watch(flag)
  local ended = {} -- the places of inputs whose code in the background was stopped, as keys
  local stops = {
    foreground = nil,
    stopped = false,
    problem = errors.make { message = 'interrupted', kind = errors.kinds.CANCELED, lua_stack = {} },
  }

  -- Whether the code that runs is to end.
  local function find()
    local mode, task = flag[0], current()
    local group = task and task.group
    if mode == 0 then
      flag[1] = group and group.place or 0
    elseif mode == ALL or task and group == stops.foreground then
      return stops.problem
    end
  end

  local function raised()
    if flag[0] == 0 then return end
    local task = current()
    local group = task and task.group
    if task and group == stops.foreground then
      stops.stopped = true
    elseif group and group.place then
      ended[group.place] = true
    end
  end

  function stops.calm()
    flag[0] = 0
    interrupt.calm()
  end

  function stops.is_due() return stops.stopped or flag[0] ~= 0 end

  function stops.take_ended()
    local places = {}
    for place in next, ended do
      places[#places + 1] = place
    end
    ended = {}
    sort(places)
    return places
  end

  interrupt.watch(find, raised)
  stops.calm()
  return stops
end

return M
