-- The `local`s of a session: variables that an input declares at its top level and that later inputs go on using.
--
-- They stay real variables, shared with the closures that captured them. After each top-level `local` the session's Python half
-- (moonwit/repl/session/chunks.py) inserts `KEEP(function() x=nil end)`: that function is never called, it holds the variable. A later
-- input that mentions `x` is compiled inside a function that has a variable of that name, and is then joined to the kept one.
local sandbox = require 'lua.scripts.sandbox'

local getupvalue, setupvalue, upvaluejoin, getfields = debug.getupvalue, debug.setupvalue, debug.upvaluejoin, debug.getfenv
local type, next, concat = type, next, table.concat

local HOST = _G
local MOST_UPVALUES = 60

local M = {}

--- Makes the set of a session's locals.
function M.new()
  local cells = {} -- name -> {function, number of the upvalue}

  -- Whatever an input passes: only variables of its own kind of code are taken. For an expression it gives the values back.
  local function keep(f, ...)
    if f == nil then return ... end
    if type(f) ~= 'function' or getfields(f) == HOST then return end
    for i = 1, MOST_UPVALUES do
      local name = getupvalue(f, i)
      if not name or name == '' then break end
      cells[name] = { f, i }
    end
  end

  local own = {}

  --- Compiles an input: `keeper` is the name that stands for KEEP in it, `names` the identifiers that it mentions.
  function own.load(source, chunkname, env, keeper, names)
    local known = { keeper }
    for _, name in next, names do
      if cells[name] then known[#known + 1] = name end
    end
    local outer, problem = sandbox.load('local ' .. concat(known, ',') .. ' return function(...) ' .. source .. '\nend', chunkname, env)
    if not outer then return nil, problem end
    local chunk = outer()
    for i = 1, MOST_UPVALUES do
      local name = getupvalue(chunk, i)
      if not name then break end
      if name == keeper then
        setupvalue(chunk, i, keep)
      elseif cells[name] then
        upvaluejoin(chunk, i, cells[name][1], cells[name][2])
      end
    end
    return chunk
  end

  --- Returns whether there is a local of this name, and its value.
  function own.get(name)
    local cell = cells[name]
    if not cell then return false end
    local _, value = getupvalue(cell[1], cell[2])
    return true, value
  end

  --- Lists their names.
  function own.names()
    local names = {}
    for name in next, cells do
      names[#names + 1] = name
    end
    return names
  end

  return own
end

return M
