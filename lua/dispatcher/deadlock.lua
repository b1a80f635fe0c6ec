-- Where coroutines wait, for the report that all of them wait forever.
local coroutines = require 'lua.dispatcher.coroutines'
local errors = require 'lua.values.errors'

local concat = table.concat

local M = {}

-- How many coroutines the sentence and the details list.
local MOST_SHOWN, MOST_LISTED = 10, 100

-- Where a task waits: its innermost coroutine may have no line of the script.
local function place(task)
  local inner = coroutines.innermost(task.co)
  local frames = errors.frames(0, inner)
  if not frames[1] and inner ~= task.co then frames = errors.frames(0, task.co) end
  return frames
end

local function waiting_for(task)
  local kind = task.kind or 'something'
  return task.detail and kind .. ' (' .. tostring(task.detail) .. ')' or kind
end

--- Returns the error for a group of tasks that all wait. Its details list what each waits for, and file and line.
---@param group TaskGroup
function M.problem(group)
  local sentences, details, count = {}, {}, 0
  local stack = {}
  local task = group.first
  while task do
    count = count + 1
    if count <= MOST_LISTED then
      local frames = place(task)
      local top = frames[1] or {}
      local name = task == group.main and 'the main coroutine' or 'coroutine ' .. count
      if task == group.main then stack = frames end
      details[count] =
        { coroutine = task == group.main and 'main' or 'spawned', waits = waiting_for(task), file = top.file, line = top.line }
      if count <= MOST_SHOWN then
        sentences[count] = name
          .. ' waits for '
          .. waiting_for(task)
          .. (top.file and ' at ' .. top.file .. (top.line and ':' .. top.line or '') or '')
      end
    end
    task = task.after
  end
  if count > MOST_SHOWN then sentences[#sentences + 1] = 'and ' .. count - MOST_SHOWN .. ' more' end
  return errors.make {
    message = 'deadlock: every coroutine waits and nothing can wake one: ' .. concat(sentences, '; '),
    kind = errors.kinds.INTERNAL,
    details = details,
    lua_stack = stack,
  }
end

return M
