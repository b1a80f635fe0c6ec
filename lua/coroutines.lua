-- Coroutines with a bounded depth: every coroutine resumed inside another takes a piece of the C stack, and LuaJIT
-- itself never stops; a chain of some ten thousand would end the process.
local create, resume, status, running = coroutine.create, coroutine.resume, coroutine.status, coroutine.running
local yield, isyieldable = coroutine.yield, coroutine.isyieldable
local error, type = error, type

local M = {}

--- How many coroutines may be inside each other.
M.MAX_DEPTH = 200

local depth = 0
local TOO_DEEP = "coroutines are nested deeper than " .. M.MAX_DEPTH .. " levels"

-- Resuming never raises, so the depth is always put back.
local function leave(saved, ...)
  depth = saved
  return ...
end

--- Resumes a coroutine, as `coroutine.resume`.
local function bounded_resume(co, ...)
  local saved = depth
  if saved >= M.MAX_DEPTH then return false, TOO_DEEP end
  depth = saved + 1
  return leave(saved, resume(co, ...))
end
M.resume = bounded_resume

local function unwrap(ok, ...)
  if ok then return ... end
  error((...), 0)
end

--- Returns a function that resumes `f`, as `coroutine.wrap`.
function M.wrap(f)
  if type(f) ~= "function" then error("bad argument #1 to 'wrap' (function expected, got " .. type(f) .. ")", 2) end
  local co = create(f)
  return function(...)
    return unwrap(bounded_resume(co, ...))
  end
end

--- Forgets the depth. For a lane's main loop, which is inside no coroutine.
function M.reset()
  depth = 0
end

--- The `coroutine` table of scripts.
M.library = {
  create = create,
  resume = bounded_resume,
  wrap = M.wrap,
  yield = yield,
  status = status,
  running = running,
  isyieldable = isyieldable,
}

return M
