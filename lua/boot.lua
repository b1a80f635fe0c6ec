-- The first Lua code of a lane: sets up the compiler, the call path and the standard library, and gives Python what it
-- calls. `host` holds Python functions that take strings and give strings made by lua/buffer.py; no script ever sees them.

return function(host)
  -- The defaults are for small machines: generated code gives long traces and many of them.
  jit.opt.start('maxtrace=8000', 'maxrecord=16000', 'maxirconst=4000', 'maxside=400', 'maxsnap=4000', 'sizemcode=256', 'maxmcode=131072')

  local calls = require 'lua.calls'
  local errors = require 'lua.errors'
  local intermediate = require 'lua.intermediate'
  local output = require 'lua.output'
  local scripts = require 'lua.scripts'
  local modules = require 'stdlib.modules'

  calls.setup(host)
  calls.provide('lua', function(entry)
    entry.stdlib = modules
    return require('lua.entry').bind(entry)
  end)

  local M = { calls = calls }

  -- What a failed script says, with where it was.
  local function report(problem)
    if not errors.is_error(problem) then problem = errors.from(problem, { lua_stack = errors.frames(2) }) end
    return problem
  end

  -- Runs a script; gives nothing, or the encoded error that ended it.
  function M.run(source, chunkname, arguments)
    local chunk, problem, env = scripts.script(source, chunkname, modules)
    if chunk then
      local args = intermediate.decode(arguments)
      env.arg = args
      local ok
      ok, problem = xpcall(chunk, report, unpack(args))
      if ok then problem = nil end
    end
    local flushed, why = output.flush()
    if problem == nil and not flushed then problem = errors.make { message = why, kind = errors.kinds.INTERNAL, lua_stack = {} } end
    if problem == nil then return nil end
    return (intermediate.encode(problem)), problem:stack()
  end

  -- Calls a function from Python; gives the encoded value, or nil and the encoded error and its stack.
  function M.call(id, arguments)
    local values, count = intermediate.decode_all(arguments)
    local value, problem = calls.call(id, unpack(values, 1, count))
    if problem == nil then
      local text
      text, problem = intermediate.encode(value)
      if text then return text end
      problem = errors.make { message = ('%s: the result can\'t leave Lua: %s'):format(id, problem), kind = errors.kinds.INVALID, entry = id }
    end
    if not errors.is_error(problem) then problem = errors.from(problem, { entry = id }) end
    local text = intermediate.encode(problem)
    if not text then
      problem = errors.make { message = problem:message(), kind = problem:kind(), entry = id }
      text = intermediate.encode(problem)
    end
    return nil, text, problem:stack()
  end

  function M.close()
    output.flush()
    calls.close()
  end

  return M
end
