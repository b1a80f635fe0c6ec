-- Scripts: a file given to `moonwit run`, and the sources of function.lua and library.lua entries. Each is compiled
-- into an environment of its own, with a `require` that knows what this script may have.
local errors = require 'lua.values.errors'
local files = require 'lua.scripts.files'
local got = require 'lua.values.got'
local nearest = require 'lua.values.nearest'
local output = require 'lua.scripts.output'
local owners = require 'lua.scripts.owners'
local sandbox = require 'lua.scripts.sandbox'

local type, error, select, pairs, ipairs, tostring = type, error, select, pairs, ipairs, tostring
local pcall, rawget, rawset, setmetatable, getmetatable = pcall, rawget, rawset, setmetatable, debug.getmetatable
local concat = table.concat
local INVALID, NOT_FOUND, INTERNAL = errors.kinds.INVALID, errors.kinds.NOT_FOUND, errors.kinds.INTERNAL

local M = {}

-- Modules that are globals of every script, whatever it lists.
local EVERYWHERE = { 'errors', 'channel' }

-- What scripts know as `os`, but for `getenv`.
local _, SYSTEM = sandbox.library_of(sandbox.libraries.os)

-- How deep libraries may import each other; deeper is a mistake, and Lua's stack has an end.
local MAX_IMPORTS = 100

local function names_of(...)
  local names = {}
  for i = 1, select('#', ...) do
    for name in pairs((select(i, ...))) do
      names[#names + 1] = name
    end
  end
  table.sort(names)
  return names
end

-- Protects a module and the tables in it, such as `compress.gzip`: what one script changed there all others of the lane would call.
local function protected(name, module)
  for key, value in pairs(module) do
    if type(value) == 'table' and getmetatable(value) == nil then rawset(module, key, protected(name .. '.' .. key, value)) end
  end
  return sandbox.protect(name, module)
end

-- Modules may be given as functions that load them, so that nothing is loaded that no script uses.
local function open(modules, name, owner)
  local module = modules[name]
  if type(module) == 'function' then module = module(name) end
  if type(module) == 'table' then module = protected(name, owners.owned(module, owner)) end
  return module
end

-- The library `os` of one environment, whose `getenv` finds what is granted there.
local function system(getenv)
  local own = {}
  for name, f in pairs(SYSTEM) do
    own[name] = f
  end
  function own.getenv(name)
    if type(name) ~= 'string' then error("bad argument #1 to 'getenv' (string expected, got " .. type(name) .. ')', 2) end
    return getenv(name)
  end
  return sandbox.protect('os', own)
end

-- An environment with `require`. `find(name)` returns a module; or nil, the sentence to raise, and whether no file may have the name.
-- `surroundings`, where there are some, are {places = where files are looked for, getenv = function}.
local function environment(find, globals, mode, surroundings)
  local env = sandbox.environment({ print = output.print }, mode)
  for name, value in pairs(globals or {}) do
    env[name] = value
  end
  local loaded, preload = { _G = env }, {}
  for name, library in pairs(sandbox.libraries) do
    loaded[name] = library
  end
  if surroundings then
    loaded.os = system(surroundings.getenv)
    if env.os == sandbox.libraries.os then env.os = loaded.os end
  end
  local from_file = surroundings and files.loader(surroundings.places, env, loaded, mode)

  function env.require(name)
    if type(name) ~= 'string' then error("bad argument #1 to 'require' (string expected, got " .. type(name) .. ')', 2) end
    local module, problem, reserved = find(name)
    if module ~= nil then return module end
    module = loaded[name]
    if module ~= nil then return module end
    if type(preload[name]) == 'function' then
      module = preload[name](name)
      if module == nil then module = true end
      loaded[name] = module
      return module
    end
    if not from_file or reserved then error(problem, 2) end
    local why
    module, why = from_file(name)
    if module == nil then error(problem .. ' (' .. why .. ')', 2) end
    return module
  end

  env.package = { loaded = loaded, preload = preload, config = '/\n;\n?\n!\n-\n' }
  return env
end

local function compile(source, chunkname, env, entry, mode)
  local chunk, problem = sandbox.load(source, chunkname, env, mode)
  if chunk then return chunk end
  return nil, errors.make { message = problem, kind = INVALID, entry = entry, lua_stack = {} }
end

-- The value of a variable of the project, by its name; nil where nobody has declared it, or the module `env` is not there.
local function variable(env, name) return env and (env.get(name)) or nil end

--- Compiles a script that has every module, each requirable and, unless the script sets the name itself, a global.
-- Returns the chunk, or nil and an error; and the script's global table.
---@param source string
---@param chunkname string
---@param modules table
---@param globals? table
---@param places? border.Place[] where the files are that it may require
---@param granted? table<string, string> the variables of the environment that it may see, beside the project's
---@return function?
---@return Error?
---@return table?
function M.script(source, chunkname, modules, globals, places, granted)
  local opened, owner = {}, owners.script(chunkname)
  local function find(name)
    if opened[name] == nil and modules[name] ~= nil then opened[name] = open(modules, name, owner) end
    if opened[name] ~= nil then return opened[name] end
    return nil, "module '" .. name .. "' doesn't exist" .. nearest.hint(name, names_of(modules, sandbox.libraries))
  end
  local function getenv(name) return granted and granted[name] or variable(find 'env', name) end
  local env = environment(find, globals, nil, places and { places = places, getenv = getenv })
  owners.note(env, owner)
  setmetatable(env, {
    __index = function(_, name)
      if modules[name] == nil then return nil end
      local module = find(name)
      rawset(env, name, module)
      return module
    end,
  })
  local chunk, problem = compile(source, chunkname, env)
  return chunk, problem, env
end

local evaluate

-- The value of each import, by alias. A library reached in two ways inside one entry is evaluated once.
---@param entry border.LuaSource
local function import_all(entry, state)
  local imported = {}
  for _, alias in ipairs(names_of(entry.imports or {})) do
    local library = entry.imports[alias]
    local value, problem = state.done[library.id]
    if value == nil then
      value, problem = evaluate(library, state)
      if problem then return nil, problem end
      if value == nil then
        return nil,
          errors.make {
            message = 'library ' .. library.id .. ' returns nothing: end its source with `return` and the table of its functions',
            kind = INVALID,
            entry = library.id,
            lua_stack = {},
          }
      end
      state.done[library.id] = value
    end
    imported[alias] = value
  end
  return imported
end

---@param entry border.LuaSource
local function listed_modules(entry, stdlib, owner)
  local listed = {}
  for _, name in ipairs(entry.modules or {}) do
    local module = stdlib[name] ~= nil and open(stdlib, name, owner) or sandbox.libraries[name]
    if module == nil then
      return nil,
        errors.make {
          message = entry.id .. ": module '" .. name .. "' in `modules` doesn't exist" .. nearest.hint(name, names_of(stdlib)),
          kind = NOT_FOUND,
          entry = entry.id,
          lua_stack = {},
        }
    end
    listed[name] = module
  end
  return listed
end

local function globals_of(stdlib, listed, imported, owner)
  local globals = {}
  for _, name in ipairs(EVERYWHERE) do
    if stdlib[name] ~= nil then globals[name] = open(stdlib, name, owner) end
  end
  for name, module in pairs(listed) do
    globals[name] = module
  end
  for alias, value in pairs(imported) do
    globals[alias] = value
  end
  return globals
end

--- Returns the names of the globals of every entry's script, whatever it lists.
function M.global_names()
  local names = names_of(environment())
  for _, name in ipairs(EVERYWHERE) do
    names[#names + 1] = name
  end
  return names
end

---@param entry border.LuaSource
local function cycle(entry, state)
  local ids = {}
  for i, id in ipairs(state.path) do
    if id == entry.id or #ids > 0 then ids[#ids + 1] = state.path[i] end
  end
  ids[#ids + 1] = entry.id
  return errors.make {
    message = 'libraries import each other in a circle: ' .. concat(ids, ' -> '),
    kind = INVALID,
    entry = entry.id,
    lua_stack = {},
  }
end

--- Runs an entry's source in an environment of its own and returns what it returns, or nil and an error.
---@param entry border.LuaSource
function evaluate(entry, state)
  if state.busy[entry.id] then return nil, cycle(entry, state) end
  if #state.path >= MAX_IMPORTS then
    return nil,
      errors.make {
        message = entry.id .. ': libraries import each other more than ' .. MAX_IMPORTS .. ' levels deep',
        kind = INVALID,
        entry = entry.id,
        lua_stack = {},
      }
  end
  state.busy[entry.id] = true
  state.path[#state.path + 1] = entry.id
  local imported, problem = import_all(entry, state)
  state.busy[entry.id] = nil
  state.path[#state.path] = nil
  if not imported then return nil, problem end
  local listed
  listed, problem = listed_modules(entry, state.stdlib, state.owner)
  if not listed then return nil, problem end

  local function find(name)
    if imported[name] ~= nil then return imported[name] end
    if listed[name] ~= nil then return listed[name] end
    return nil,
      "module '"
        .. name
        .. "' is not listed in the entry's modules"
        .. nearest.hint(name, names_of(listed, imported))
        .. ' ('
        .. entry.id
        .. ')',
      state.stdlib[name] ~= nil
  end
  local function getenv(name) return variable(listed.env, name) end
  local surroundings = entry.places and { places = entry.places, getenv = getenv }
  local env = environment(find, globals_of(state.stdlib, listed, imported, state.owner), state.mode, surroundings)
  local chunk
  chunk, problem = compile(entry.source, entry.chunkname or '=' .. entry.id, env, entry.id, state.mode)
  if not chunk then return nil, problem end
  local ok, value = pcall(chunk)
  if ok then return value end
  return nil, errors.from(value, { kind = INTERNAL, entry = entry.id })
end

local function callable(value)
  if type(value) == 'function' then return value end
  local meta = type(value) == 'table' and getmetatable(value)
  if meta and type(rawget(meta, '__call')) == 'function' then
    return function(...) return value(...) end
  end
end

---@param entry border.LuaSource
local function method_of(entry, value)
  local f = callable(value)
  if f then return f end
  if type(value) ~= 'table' then
    return nil, 'expected a function as what the source returns, or a table that holds `method`, got ' .. got(value)
  end
  if not entry.method then return nil, 'the source returns a table: say by `method` which function of it is meant' end
  local ok, member = pcall(function() return value[entry.method] end)
  f = ok and callable(member)
  if f then return f end
  local names = {}
  for name, candidate in pairs(value) do
    if type(name) == 'string' and callable(candidate) then names[#names + 1] = name end
  end
  return nil, "the table that the source returns has no function '" .. tostring(entry.method) .. "'" .. nearest.hint(entry.method, names)
end

--- Evaluates a function.lua entry, its libraries first, and returns the function to call, or nil and an error.
-- `stdlib` has modules by name, or functions that load them; `mode` is as in `sandbox.load`, for all that it loads.
---@param entry border.LuaSource
function M.entry(entry, stdlib, mode)
  -- What its libraries open is the entry's too.
  local state = { stdlib = stdlib, owner = owners.entry(entry.id), done = {}, busy = {}, path = {}, mode = mode }
  local value, problem = evaluate(entry, state)
  if problem then return nil, problem end
  local f, sentence = method_of(entry, value)
  if f then return f end
  return nil, errors.make { message = entry.id .. ': ' .. sentence, kind = INVALID, entry = entry.id, lua_stack = {} }
end

--- Evaluates a library.lua entry, a table as `M.entry` takes, by itself, and returns what its source returns, or nil and an error.
---@param entry border.LuaSource
function M.library(entry, stdlib, mode)
  local state = { stdlib = stdlib, owner = owners.entry(entry.id), done = {}, busy = {}, path = {}, mode = mode }
  return evaluate(entry, state)
end

--- Has all that was loaded under `mode`, and will be, be interpreted from now on.
---@param mode {interpreted: boolean, chunks: function[]}
function M.interpret(mode)
  mode.interpreted = true
  for _, chunk in pairs(mode.chunks) do
    jit.off(chunk, true)
    jit.flush(chunk, true)
  end
end

return M
