-- What answers a guest's imports: functions of a library, or a function of any kind, by its id.
--
-- A plan arrives with `provided`, a list of imports (border.ProvidedFunction: `name` is such as "acme:shop/logger#log", `own` its last
-- part, `who` such as "the library app:log"). `foreign` names the provider's resources by their numbers, "" for others. A library is loaded
-- in each lane once for each binary that imports it.

local errors = require 'lua.values.errors'
local glue = require 'lua.imports.glue'
local got = require 'lua.values.got'
local nearest = require 'lua.values.nearest'
local output = require 'lua.scripts.output'
local protocol = require 'lua.guest.protocol'
local resources = require 'lua.imports.resources'
local run = require 'lua.imports.run'
local running = require 'lua.guest.running'
local scripts = require 'lua.scripts.scripts'
local signatures = require 'lua.abi.signatures'
local stack = require 'lua.guest.stack'
local tasks = require 'lua.dispatcher.tasks'
local waiting = require 'lua.dispatcher.waiting'

local type, pairs, ipairs, rawget, error, pcall = type, pairs, ipairs, rawget, error, pcall

local M = {}

local NOT_FOUND, INVALID, UNAVAILABLE = errors.kinds.NOT_FOUND, errors.kinds.INVALID, errors.kinds.UNAVAILABLE

local modules -- what a library may require
local call -- funcs.call

-- The functions of a module that enter guests, which none may do on a guest's stack.
local function careful(module)
  local out = {}
  for name, f in pairs(module) do
    out[name] = type(f) == 'function' and function(...)
      stack.leave()
      return f(...)
    end or f
  end
  return out
end

--- Sets the modules of the standard library, and what calls a function of the registry.
---@param stdlib table<string, function>
---@param calls function
function M.setup(stdlib, calls)
  modules, call = {}, calls
  for name, module in pairs(stdlib) do
    modules[name] = module
  end
  modules.funcs = function(name) return careful(stdlib.funcs(name)) end
end

local function wrong(message, kind, id) error(errors.make { message = message, kind = kind, entry = id, lua_stack = {} }, 0) end

-- Libraries -----------------------------------------------------------------------------------------------------------

local function load_library(plan, id)
  local found = plan.libraries[id]
  if found.value ~= nil then return found.value end
  found.mode = found.mode or { interpreted = false, chunks = {} }
  local value, problem = scripts.library(found, modules, found.mode)
  if problem then error(problem, 0) end
  if type(value) ~= 'table' then
    wrong(('the library %s: expected it to return a table of functions, got %s'):format(id, got(value)), INVALID, id)
  end
  found.value = value
  return value
end

-- A member by its WIT name, `-` of which may be written `_`.
local function member(table, name)
  local value = rawget(table, name)
  if value == nil then value = rawget(table, (name:gsub('-', '_'))) end
  return value
end

local function names_of(value)
  local names = {}
  for name in pairs(value) do
    if type(name) == 'string' then names[#names + 1] = name end
  end
  return names
end

-- The function of a library for the last part of an import's name: `log`, `[method]cart.add`, `[constructor]cart`. A resource is a table:
-- `new` is its constructor, `drop` is called when a handle ends.
local function function_of(library, own)
  local kind, name = own:match '^%[([%w-]+)%](.*)$'
  if not kind then return member(library, own), library, own end
  local whole = rawget(library, own)
  if whole ~= nil then return whole end
  local resource, part = name:match '^([^.]*)%.(.*)$'
  if not resource then
    resource, part = name, kind == 'constructor' and 'new' or 'drop'
  end
  local class = member(library, resource)
  if type(class) ~= 'table' then return nil, library, resource end
  return member(class, part), class, part
end

-- Calls the function of a library, which is found with the first call.
local function of_library(plan, import)
  return function(...)
    local f, inside, name = function_of(load_library(plan, import.id), import.own)
    if import.drop then
      f = f or function() end
    elseif type(f) ~= 'function' then
      wrong(
        ('the library %s has no function `%s` for the import %s%s'):format(
          import.id,
          name or import.own,
          import.name,
          nearest.hint(name or import.own, names_of(inside or {}))
        ),
        NOT_FOUND,
        import.id
      )
    end
    import.f = f
    return f(...)
  end
end

-- Calls a function by its id.
local function of_registry(import)
  local id = import.id
  return function(...)
    stack.leave()
    return call(id, ...)
  end
end

-- Imports -------------------------------------------------------------------------------------------------------------

--- An import of a guest that a library or a function of the registry answers.
---@class Import
---@field name string its full name
---@field own string its last part
---@field id string of what answers it
---@field who string the same as messages say it
---@field shown string the type of its result, for messages
---@field library boolean? a library answers it
---@field drop integer? it ends handles of the resource with this number
---@field sig table? the linked signature; nil where it ends handles
---@field has_sides boolean its result is a result
---@field f function? what answers it
---@field interpret function? has its library interpreted, so that it can be ended; nil before its first call
--- Its glue (lua/imports/glue.lua), with its first call:
---@field call function? call(instance, io): lifts the arguments and begins what answers
---@field give function? give(instance, io, ret, value, later): lowers a result
---@field fits function? tells whether a value fits the result
---@field fits_ok function? the same of the result's sides
---@field fits_err function?

---@param given border.ProvidedFunction
---@return Import
local function new(given)
  local sig = given.signature and signatures.link(given.signature)
  return {
    name = given.name,
    own = given.own,
    id = given.id,
    who = given.who,
    shown = given.shown,
    library = given.library,
    drop = given.drop,
    sig = sig,
    has_sides = sig and sig.result and sig.result.kind == 'result' or false,
    f = nil,
    interpret = nil,
    call = nil,
    give = nil,
    fits = nil,
    fits_ok = nil,
    fits_err = nil,
  }
end

--- Gives what answers an import of a component of WASI 0.3, as a function of Lua values.
---@param plan Plan
---@param import table
---@return function
function M.answering(plan, import) return import.library and of_library(plan, import) or of_registry(import) end

local function too_large(import, why)
  return ('%s: its signature is too large (%s); pass fewer parameters, in a record, or fewer cases'):format(import.name, why)
end

local function prepared(import)
  local ok, problem = pcall(glue.compile, import, run)
  if ok then return import.call end
  if type(problem) ~= 'table' or not problem.too_large then error(problem, 0) end
  local sentence = too_large(import, problem.too_large)
  return function(instance)
    instance.raised = errors.make { message = sentence, kind = UNAVAILABLE, lua_stack = {} }
    return sentence
  end
end

-- Ends a handle of the provider's resource, and tells the provider.
local function dropping(import)
  function import.fits() return true end
  function import.give(_, io) protocol.finish(io) end
  return function(instance, io)
    local value = resources.take(instance, import.drop, io[0].u32)
    if value == nil then return run.broken(import, 'an argument is not a handle of the guest') end
    return run.begin(instance, io, import, nil, value)
  end
end

local function drop_each(left)
  for _, one in ipairs(left) do
    local ok, problem = pcall(one.import.f, one.value)
    if not ok then
      output.write('stderr', ('%s: of an instance that has ended: %s\n'):format(one.import.name, errors.from(problem):message()))
    end
  end
end

-- Drops what an instance that ends still holds of its providers' resources, in a task of its own: the instance may end in a guest's call.
local function leave(instance)
  local drops, left = instance.plan.drops, {}
  for _, object in pairs(instance.held) do
    local import = type(object) == 'table' and drops[object.kind]
    if import then left[#left + 1] = { import = import, value = object.value } end
  end
  if left[1] then tasks.open(nil, drop_each, left) end
end
running.provided = { leave = leave }

-- What a task under a limit calls is interpreted, so that it can be ended.
local function watched(plan, import, f)
  local library = plan.libraries[import.id]
  return function(instance, io)
    local task = waiting.current()
    if task and task.limit and not library.mode.interpreted then scripts.interpret(library.mode) end
    return f(instance, io)
  end
end

--- Makes the imports of a prepared plan ready: what answers them is found, and the glue made, with the first call of each.
---@param plan Plan
---@param given table
function M.equip(plan, given)
  plan.foreign, plan.provided, plan.libraries, plan.drops = {}, {}, given.libraries or {}, {}
  for number, name in ipairs(given.foreign or {}) do
    plan.foreign[number] = name ~= '' and name or nil
  end
  for k, provided in pairs(given.provided or {}) do
    local import = new(provided)
    if import.sig then
      for _, t in pairs(import.sig.types) do
        if plan.foreign[t.resource] then t.foreign = true end
      end
    end
    import.f = import.library and of_library(plan, import) or of_registry(import)
    if import.drop then plan.drops[plan.foreign[import.drop]] = import end
    plan.provided[k] = function(instance, io)
      local f = import.drop and dropping(import) or prepared(import)
      if import.library then
        plan.libraries[import.id].mode = plan.libraries[import.id].mode or { interpreted = false, chunks = {} }
        f = watched(plan, import, f)
        function import.interpret()
          local mode = plan.libraries[import.id].mode
          if not mode.interpreted then scripts.interpret(mode) end
        end
      end
      plan.provided[k] = f
      return f(instance, io)
    end
  end
end

return M
