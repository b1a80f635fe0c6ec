-- Coroutines with a bounded depth, in which code may wait.
--
-- Depth: every coroutine resumed inside another takes a piece of the C stack, and LuaJIT itself never stops; a chain of
-- about ten thousand would end the process. Waiting: what waits yields WAIT, which every `resume` on the way passes on to
-- the dispatcher (lua/dispatcher/dispatcher.lua), so a script's own coroutines never see it. No script has the value.
local create, resume, status, running = coroutine.create, coroutine.resume, coroutine.status, coroutine.running
local yield, isyieldable = coroutine.yield, coroutine.isyieldable
local error, type, setmetatable, pcall, xpcall = error, type, setmetatable, pcall, xpcall

local exits = require 'lua.values.exits'
local interrupt = require 'lua.dispatcher.interrupt'

local caught, exit_status = interrupt.caught, exits.status

local M = {}

--- How many coroutines may be inside each other.
M.MAX_DEPTH = 200

--- What a coroutine yields that waits.
M.WAIT = newproxy(false)
local WAIT = M.WAIT

local depth = 0
-- The coroutines that were resumed to get here; weak, so that none is kept for standing here.
local chain = setmetatable({}, { __mode = 'v' })
local TOO_DEEP = 'coroutines are nested deeper than ' .. M.MAX_DEPTH .. ' levels'

-- Coroutines that only the dispatcher resumes, with what somebody else is told.
local held = setmetatable({}, { __mode = 'k' })
local WAITING = 'cannot resume a coroutine that waits: it goes on by itself when what it waits for has come'
local SPAWNED = 'cannot resume a spawned coroutine: it runs by itself'
local MAIN = 'cannot resume the main coroutine: it runs by itself'

-- A coroutine and the one inside it that waits. Weak on both sides: coroutines hold each other.
local inner = setmetatable({}, { __mode = 'kv' })

-- Counts again what really is inside each other: a stack overflow while the arguments of a resume are laid out leaves
-- the depth one too high.
local function recount()
  local seen, count = {}, 0
  for i = 1, depth do
    local co = chain[i]
    local state = co and not seen[co] and status(co)
    if state == 'normal' or state == 'running' then
      count = count + 1
      chain[count], seen[co] = co, true
    end
  end
  depth = count
end

--- `count` says how many calls from C are under way that can't be left and entered again: error handlers, and callbacks
-- of guests. Nothing waits meanwhile. Counted, because asking LuaJIT at each wait would double what a wait costs.
M.barrier = { count = 0 }
local barrier = M.barrier

local function leave_handler(ok, ...)
  barrier.count = barrier.count - 1
  if ok then return ... end
  -- Raised again it would come back here: LuaJIT forgets that it runs a handler once a pcall inside of that has failed.
  local problem = ...
  return 'error in error handling' .. (type(problem) == 'string' and ': ' .. problem or '')
end

local function handle(handler, problem)
  barrier.count = barrier.count + 1
  return leave_handler(pcall(handler, problem))
end

local function as_it_is(problem) return problem end

local function handled(handler, ok, ...)
  if ok then return true, ... end
  -- Raises what is not to be caught.
  caught(false, (...))
  return caught(false, handle(handler, (...)))
end

--- Calls `f(...)`, as `xpcall`.
---@param f function
---@param handler function
---@param ... any
---@return boolean
---@return any
function M.xpcall(f, handler, ...)
  if type(handler) ~= 'function' then return xpcall(f, handler, ...) end
  -- A handler runs on top of what has raised, and on top of a hook no other hook runs: code that may be ended by one has its handler
  -- called afterwards.
  if interrupt.active() then return handled(handler, xpcall(f, as_it_is, ...)) end
  return caught(xpcall(f, function(problem)
    if exit_status(problem) then return problem end
    return handle(handler, problem)
  end, ...))
end

local refuse

--- Sets what is called when a coroutine waits that was resumed from C code, which can't be left and entered again.
---@param f function
function M.when_refused(f) refuse = f end

local function again(saved, co)
  depth = saved + 1
  chain[depth] = co
  return resume(co)
end

local leave

-- Waits on behalf of `co`, then goes on with it.
local function pass(saved, co)
  if not isyieldable() then
    refuse()
    return leave(saved, co, again(saved, co))
  end
  held[co] = WAITING
  inner[running()] = co
  yield(WAIT)
  held[co] = nil
  return leave(saved, co, again(saved, co))
end

-- Resuming a coroutine never raises, so the depth is put back.
function leave(saved, co, ...)
  depth = saved
  local ok, first = ...
  if first == WAIT then return pass(saved, co) end
  if not ok then return caught(...) end
  return ...
end

--- Resumes a coroutine, as `coroutine.resume`.
local function bounded_resume(co, ...)
  if type(co) ~= 'thread' then error("bad argument #1 to 'resume' (coroutine expected, got " .. type(co) .. ')', 2) end
  if held[co] then return false, held[co] end
  if depth >= M.MAX_DEPTH then
    recount()
    if depth >= M.MAX_DEPTH then return false, TOO_DEEP end
  end
  local saved = depth
  depth = saved + 1
  chain[depth] = co
  return leave(saved, co, resume(co, ...))
end
M.resume = bounded_resume

local function unwrap(ok, ...)
  if ok then return ... end
  error((...), 0)
end

--- Returns a function that resumes `f`, as `coroutine.wrap`.
---@param f function
---@return function
function M.wrap(f)
  if type(f) ~= 'function' then error("bad argument #1 to 'wrap' (function expected, got " .. type(f) .. ')', 2) end
  local co = create(f)
  return function(...) return unwrap(bounded_resume(co, ...)) end
end

local function bounded_yield(...)
  if depth == 0 then
    error(
      'coroutine.yield outside a coroutine: nobody has resumed this code; '
        .. 'to let others run call time.sleep(0), to hand a value over send it to a channel',
      2
    )
  end
  return yield(...)
end

-- Like Lua's own, nil for what was not resumed: a script's main coroutine.
local function current()
  local co = running()
  if co and held[co] == MAIN then return nil end
  return co
end

local function status_of(co)
  if type(co) ~= 'thread' then error("bad argument #1 to 'status' (coroutine expected, got " .. type(co) .. ')', 2) end
  local state = status(co)
  -- Active, though not running, and not to be resumed: Lua's word for that is normal.
  if state == 'suspended' and held[co] then return 'normal' end
  return state
end

--- Keeps a coroutine of the dispatcher's from being resumed by somebody else.
---@param co thread
---@param is_main? boolean
function M.hold(co, is_main) held[co] = is_main and MAIN or SPAWNED end

--- Ends what `hold` began.
---@param co thread
function M.release(co) held[co] = nil end

--- Returns the coroutine inside `co` that waits, or `co` itself.
---@param co thread
---@return thread
function M.innermost(co)
  for _ = 1, M.MAX_DEPTH do
    local next = inner[co]
    if not (next and held[next] == WAITING and status(next) == 'suspended') then break end
    co = next
  end
  return co
end

--- Forgets the depth. For a lane's main loop, which is inside no coroutine.
function M.reset() depth = 0 end

--- The `coroutine` table of scripts; the dispatcher adds `spawn` and `cancel`.
M.library = {
  create = create,
  resume = bounded_resume,
  wrap = M.wrap,
  yield = bounded_yield,
  status = status_of,
  running = current,
  isyieldable = function() return depth > 0 and isyieldable() end,
}

return M
