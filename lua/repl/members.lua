-- What the REPL completes and explains: names of a session and fields of its values, read without running any of the session's code.
local describe = require 'lua.repl.describe'
local handles = require 'lua.guest.handles'
local sandbox = require 'lua.scripts.sandbox'

local type, next, rawget, pcall, select, tostring = type, next, rawget, pcall, select, tostring
local getmetatable = debug.getmetatable

-- How many names are listed, and how far `__index` is followed.
local MOST_NAMES, MOST_STEPS = 2000, 10

local M = {}

-- The tables in which a name of `value` is looked for, one after the other.
local function tables_of(value)
  local found = {}
  for _ = 1, MOST_STEPS do
    local _, behind = sandbox.library_of(value)
    local meta
    if type(value) == 'table' then
      found[#found + 1] = behind or value
      meta = getmetatable(behind or value)
    elseif type(value) == 'userdata' or type(value) == 'string' then
      meta = getmetatable(value)
    end
    value = type(meta) == 'table' and rawget(meta, '__index') or nil
    if type(value) ~= 'table' then break end
  end
  return found
end

local function field(value, name)
  for _, t in next, tables_of(value) do
    local found = rawget(t, name)
    if found ~= nil then return found end
  end
end

--- Makes the queries about a session's globals, locals and modules.
---@param env table
---@param kept table
---@param modules table
---@return table
function M.new(env, kept, modules)
  -- A session may have a global of its own by that name.
  local load_module = env.require

  local function global(name)
    local is_local, value = kept.get(name)
    if is_local then return value end
    value = rawget(env, name)
    if value == nil and modules[name] then
      local ok, module = pcall(load_module, name)
      if ok then return module end
    end
    return value
  end

  -- The value that a path of names leads to.
  local function resolve(path)
    local value = global(path[1])
    for i = 2, #path do
      if value == nil then return nil end
      value = field(value, path[i])
    end
    return value
  end

  local function kind_of(value)
    if handles.is_handle(value) then return 'resource ' .. (tostring(value):match '^(.*) handle' or '?') end
    local meta = (type(value) == 'table' or type(value) == 'userdata') and getmetatable(value)
    local name = meta and rawget(meta, '__metatable')
    return type(name) == 'string' and name or sandbox.library_of(value) and 'module' or type(value)
  end

  local own = {}

  --- Lists the names that begin with `prefix` among the fields of what `path` leads to, or, without a path, among all variables.
  ---@return border.NamesFound
  function own.list(path, prefix)
    local names, count = {}, 0
    local function add(name, value)
      if type(name) == 'string' and names[name] == nil and name:sub(1, #prefix) == prefix and count < MOST_NAMES then
        names[name] = kind_of(value)
        count = count + 1
      end
    end
    if not path[1] then
      for _, name in next, kept.names() do
        add(name, (select(2, kept.get(name))))
      end
      for name, value in next, env do
        add(name, value)
      end
      for name in next, modules do
        add(name, sandbox)
      end
      return { names = names, kind = 'global' }
    end
    local value = resolve(path)
    for _, t in next, tables_of(value) do
      for name, content in next, t do
        add(name, content)
      end
    end
    return { names = names, kind = kind_of(value) }
  end

  --- Tells what a path leads to.
  ---@return border.NameMeaning
  function own.explain(path)
    local value = resolve(path)
    if value == nil then return {} end
    ---@type border.NameMeaning
    local about = { kind = kind_of(value) }
    if type(value) == 'function' then
      about.parameters, about.place = describe.signature(value)
    end
    return about
  end

  -- Where a value is found among the modules and the libraries of the language: `time`, `time.now`, `string.format`, `print`.
  local function find(value)
    for name in next, modules do
      local module = global(name)
      if module == value then return name end
      for field_name, found in next, tables_of(module)[1] or {} do
        if found == value then return name .. '.' .. field_name end
      end
    end
    for name, library in next, env do
      if library == value and (type(value) == 'function' or sandbox.library_of(value)) then return name end
      for field_name, found in next, sandbox.library_of(library) and tables_of(library)[1] or {} do
        if found == value then return name .. '.' .. field_name end
      end
    end
  end

  --- Tells what a value is: the name under which it is documented, or an empty text; its kind; and a text of it.
  function own.about(value)
    local kind = kind_of(value)
    if type(value) == 'string' then return value, kind, ('%q'):format(value:sub(1, 60)) end
    if type(value) == 'function' or kind == 'module' then
      local text = type(value) == 'function' and 'function(' .. describe.signature(value) .. ')' or 'a module'
      return find(value) or '', kind, text
    end
    if type(value) == 'table' and kind == 'table' then return '', kind, 'a table' end
    local ok, text = pcall(tostring, value)
    return '', kind, ok and text or kind
  end

  --- Lists all variables.
  function own.names()
    local names = kept.names()
    for name in next, env do
      if type(name) == 'string' then names[#names + 1] = name end
    end
    for name in next, modules do
      names[#names + 1] = name
    end
    return names
  end

  return own
end

return M
