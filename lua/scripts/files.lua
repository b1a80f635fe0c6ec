-- Modules that are Lua files of a project: those beside a script, and those in the project's `lua` and `lua_modules`, where LuaRocks puts
-- rocks. Each is run once in the environment of the script or the entry that requires it.
--
-- Which files there are Python knows (lua/scripts/files.py), which opens them beneath the project and nowhere else.
local dispatcher = require 'lua.dispatcher.dispatcher'
local errors = require 'lua.values.errors'
local gate = require 'lua.dispatcher.gate'
local rings = require 'lua.dispatcher.rings'
local sandbox = require 'lua.scripts.sandbox'

local error, pcall, ipairs, tostring = error, pcall, ipairs, tostring
local concat = table.concat
local INVALID = errors.kinds.INVALID

local M = {}

local ask -- lua/lane/ask.lua's, set by `setup`

--- Sets what asks Python.
---@param given function
function M.setup(given) ask = given end

-- How deep modules may require each other; deeper is a mistake, and Lua's stack has an end.
local MAX_DEPTH = 100
local LONGEST_NAME = 200

-- A module that is being run: by which task, and which tasks wait for its end.
---@class LoadingModule
---@field name string
---@field task Task|false
---@field waiters Gate
---@field depth integer
---@field outer LoadingModule? the one that requires it

-- The paths that a name may stand for in a place.
local function paths_of(name, place)
  local path = (place.path == '' and '' or place.path .. '/') .. name:gsub('%.', '/')
  return path .. '.lua', path .. '/init.lua'
end

-- Finds the file of a module: its text and how errors call it; or nil and the sentence that says why there is none.
local function find(name, places)
  if #name > LONGEST_NAME or not name:find '^[%w_-]+[%w_.-]*$' or name:find('..', 1, true) or name:sub(-1) == '.' then
    return nil, nil, 'a file is named without its path and ending, folders with dots: require "folder.name"'
  end
  local looked = {}
  for _, place in ipairs(places) do
    local first, second = paths_of(name, place)
    ---@type border.SourceFound?, Error?
    local answer, problem = ask('lua_file', place.root, first, second)
    if not answer then return nil, nil, problem:message() end
    if answer.source then
      local shown = paths_of(name, { path = place.shown })
      return answer.source, answer.first and shown or shown:gsub('%.lua$', '/init.lua')
    end
    looked[#looked + 1] = (paths_of(name, { path = place.shown }))
  end
  return nil, nil, 'there is no file ' .. concat(looked, ', ')
end

-- The modules that lead from the one named `name` to the one that requires it again.
local function circle(name, loading)
  local names = { name }
  while loading and loading.name ~= name do
    table.insert(names, 1, loading.name)
    loading = loading.outer
  end
  table.insert(names, 1, name)
  return 'modules require each other in a circle: ' .. concat(names, ' -> ')
end

--- Makes what requires files for one environment. `places` are where they are looked for, in order: {root = folder, path = the place
--- below it, shown = how errors call that}; `loaded` are the modules by name, as `package.loaded`; `mode` is as in `sandbox.load`. The
--- function that it gives returns a module; or nil and, if no file has that name, a sentence. It raises what the module raises.
---@param places table[]
---@param env table
---@param loaded table
---@param mode? table
---@return fun(name: string): any, string?
function M.loader(places, env, loaded, mode)
  local loading = {} ---@type table<string, LoadingModule> those that run now
  local current = {} -- task -> the innermost module that it runs

  -- Waits for the end of a module that another task runs.
  local function await(module, task)
    if not task or not module.task or rings.leads(module.task, task) then error(circle(module.name, current[task or false]), 3) end
    rings.enter(module.task)
    local problem = gate.wait(module.waiters, nil, 'require', module.name)
    rings.leave()
    if problem then error(problem, 0) end
  end

  local function run(name, chunk, task)
    local outer = current[task]
    local module = { name = name, task = task, waiters = gate.new(), depth = outer and outer.depth + 1 or 1, outer = outer }
    if module.depth > MAX_DEPTH then error('modules require each other more than ' .. MAX_DEPTH .. ' levels deep', 3) end
    loading[name], current[task] = module, module
    local ok, value = pcall(chunk, name)
    loading[name], current[task] = nil, outer
    gate.admit_all(module.waiters)
    if not ok then error(value, 0) end
    if value ~= nil then
      loaded[name] = value
    elseif loaded[name] == nil then
      loaded[name] = true
    end
    return loaded[name]
  end

  return function(name)
    local task = dispatcher.current() or false
    while loading[name] do
      if loading[name].task == task then error(circle(name, current[task]), 3) end
      await(loading[name], task)
      if loaded[name] ~= nil then return loaded[name] end
    end
    local source, shown, why = find(name, places)
    if not source then return nil, why end
    local chunk, problem = sandbox.load(source, '@' .. tostring(shown), env, mode)
    if not chunk then error(errors.make { message = problem, kind = INVALID, lua_stack = {} }, 0) end
    return run(name, chunk, task)
  end
end

return M
