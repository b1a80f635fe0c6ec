-- What guests write to their standard output and error, by whatever interface of WASI: kept until its line ends or the call does, and
-- passed on by the lane outside of the guest.

local output = require 'lua.scripts.output'

local M = {}

-- What a guest may write before the lane has passed it on, and how long a line may be that is kept for its end, in bytes.
local ROOM, LONGEST = 1024 * 1024, 64 * 1024
M.ROOM = ROOM

-- What instance I has written to a stream and the lane has not passed on.
local function written(I, name)
  I.written = I.written or {}
  local out = I.written[name]
  if not out then
    out = { size = 0 }
    I.written[name] = out
  end
  return out
end

--- Passes on what a guest has written: whole lines, or everything at the end of its call.
function M.flush(I, ended)
  for name, out in pairs(I.written) do
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
      I.written[name] = out
    end
  end
end

--- Takes what a guest writes to 'stdout' or 'stderr'.
function M.print(I, name, text)
  if text == '' then return end
  local out = written(I, name)
  out[#out + 1] = text
  out.size = out.size + #text
end

--- Why a stream takes nothing more, or nil.
function M.failure(I, name)
  local out = name and I.written and I.written[name]
  return out and out.failed
end

--- How much a guest may write to a stream before the lane has passed it on, in bytes.
function M.room(I, name) return math.max(ROOM - written(I, name).size, 0) end

--- Whether a guest should wait until the lane has passed on what it wrote.
function M.is_full(I, name) return I.P.waits and name and written(I, name).size > ROOM end

--- What a guest waits for: the lane to come by.
M.soon = { deadline = 0 }

return M
