-- Coroutines with a bounded depth: every coroutine resumed inside another takes a piece of the C stack, and LuaJIT
-- itself never stops; a chain of some ten thousand would end the process.
local create, resume, status, running = coroutine.create, coroutine.resume, coroutine.status, coroutine.running
local yield, isyieldable = coroutine.yield, coroutine.isyieldable
local error, type, setmetatable = error, type, setmetatable

local M = {}

--- How many coroutines may be inside each other.
M.MAX_DEPTH = 200

local depth = 0
-- The coroutines that were resumed to get here; weak, so that none is kept for standing here.
local chain = setmetatable({}, { __mode = "v" })
local TOO_DEEP = "coroutines are nested deeper than " .. M.MAX_DEPTH .. " levels"

-- Counts again what really is inside each other: a stack overflow while the arguments of a resume are laid out leaves
-- the depth one too high.
local function recount()
  local seen, count = {}, 0
  for i = 1, depth do
    local co = chain[i]
    local state = co and not seen[co] and status(co)
    if state == "normal" or state == "running" then
      count = count + 1
      chain[count], seen[co] = co, true
    end
  end
  depth = count
end

-- Resuming a coroutine never raises, so the depth is put back.
local function leave(saved, ...)
  depth = saved
  return ...
end

--- Resumes a coroutine, as `coroutine.resume`.
local function bounded_resume(co, ...)
  if type(co) ~= "thread" then error("bad argument #1 to 'resume' (coroutine expected, got " .. type(co) .. ")", 2) end
  if depth >= M.MAX_DEPTH then
    recount()
    if depth >= M.MAX_DEPTH then return false, TOO_DEEP end
  end
  local saved = depth
  depth = saved + 1
  chain[depth] = co
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
