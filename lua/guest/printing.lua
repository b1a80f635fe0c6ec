-- What guests write to their standard output and error, by whatever interface of WASI: kept until its line ends or the call does, and
-- passed on by the lane outside of the guest.

local output = require 'lua.scripts.output'

local M = {}

-- What a guest may write before the lane has passed it on, and how long a line may be that is kept for its end, in bytes.
local ROOM, LONGEST = 1024 * 1024, 64 * 1024
M.ROOM = ROOM

-- How much of the end of what a call writes to standard error is kept, in bytes: it says why the guest fails, if it does.
local SAID = 4096

-- What instance instance has written to a stream and the lane has not passed on.
local function written(instance, name)
  instance.written = instance.written or {}
  local out = instance.written[name]
  if not out then
    out = { size = 0 }
    instance.written[name] = out
  end
  return out
end

--- Passes on what a guest has written: whole lines, or everything at the end of its call.
---@param instance Instance
---@param ended boolean?
function M.flush(instance, ended)
  for name, out in pairs(instance.written) do
    if out.size > 0 then
      local text = table.concat(out)
      local rest = ''
      if not ended then
        local back = text:reverse():find('\n', 1, true)
        local line = back and #text - back + 2 or 1
        if #text - line < LONGEST then
          text, rest = text:sub(1, line - 1), text:sub(line)
        end
      end
      if text ~= '' then
        local ok, problem = output.write(name, text)
        -- The guest learns it when it writes again, as a native program does.
        if not ok then out.failed = tostring(problem) end
      end
      out = { rest, size = #rest, failed = out.failed }
      instance.written[name] = out
    end
  end
end

-- Keeps the end of what a guest writes to its standard error, until its call ends.
local function note(instance, text)
  local said = instance.said
  if not said then
    said = { size = 0 }
    instance.said = said
  end
  said[#said + 1] = #text > SAID and text:sub(-SAID) or text
  said.size = said.size + #said[#said]
  if said.size > 4 * SAID or #said > 1000 then
    local last = table.concat(said):sub(-SAID)
    instance.said = { last, size = #last }
  end
end

--- Gives the end of what a guest has written to its standard error in the call that runs; nil where that is nothing.
---@param instance Instance
---@return string?
function M.said(instance) return instance.said and table.concat(instance.said):sub(-SAID) end

--- Takes what a guest writes to 'stdout' or 'stderr'.
---@param instance Instance
---@param name string
---@param text string
function M.print(instance, name, text)
  if text == '' then return end
  local out = written(instance, name)
  out[#out + 1] = text
  out.size = out.size + #text
  if name == 'stderr' then note(instance, text) end
end

--- Why a stream takes nothing more, or nil.
---@param instance Instance
---@param name string?
---@return string?
function M.failure(instance, name)
  local out = name and instance.written and instance.written[name]
  return out and out.failed
end

--- How much a guest may write to a stream before the lane has passed it on, in bytes.
---@param instance Instance
---@param name string
---@return integer
function M.room(instance, name) return math.max(ROOM - written(instance, name).size, 0) end

--- Whether a guest should wait until the lane has passed on what it wrote.
---@param instance Instance
---@param name string?
---@return boolean?
function M.is_full(instance, name) return instance.plan.waits and name and written(instance, name).size > ROOM end

--- What a guest waits for: the lane to come by.
M.soon = { deadline = 0 }

return M
