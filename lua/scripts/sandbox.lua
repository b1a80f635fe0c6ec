-- The environments scripts run in: Lua 5.1 without whatever reaches the host, another script, or past the language.
--
-- A script has a global table of its own. The library tables are shared by all scripts of a state and can't be
-- changed: what a script sees is an empty table in front of the real one. Functions that write to a table past its
-- metatable (rawset, table.insert, ...) refuse those, and no function returns the real one.
local coroutines = require 'lua.dispatcher.coroutines'
local exits = require 'lua.values.exits'
local got = require 'lua.values.got'
local interrupt = require 'lua.dispatcher.interrupt'
local strings = require 'lua.scripts.strings'
local sort = require 'lua.scripts.sort'

local getmetatable, setmetatable, rawset, rawget, pairs = getmetatable, setmetatable, rawset, rawget, pairs
local type, error, load, select, tostring, next = type, error, load, select, tostring, next
local getfenv, setfenv, getinfo, collectgarbage = getfenv, setfenv, debug.getinfo, collectgarbage
local concat, insert, remove, move, time = table.concat, table.insert, table.remove, table.move, os.time
local min, max = math.min, math.max

local M = {}

--- What `getmetatable` says of a table that can't be changed; a userdata, so that no script makes another.
M.LOCKED = newproxy(false)
local LOCKED = M.LOCKED

-- How much text `load` takes: LuaJIT's parser can't be ended, and needs a second for a megabyte of what it is slow with.
local MAX_SOURCE = 1024 * 1024

local function lock_metatable_of_strings(library)
  local meta = getmetatable('')
  meta.__index = library
  meta.__metatable = LOCKED
end

-- proxy -> the table behind it
local behind = setmetatable({}, { __mode = 'k' })
-- table -> its proxy
local front = setmetatable({}, { __mode = 'kv' })

local function refuse(proxy, key, level)
  local name = behind[proxy] and behind[proxy].name or '?'
  local field = type(key) == 'string' and name .. '.' .. key or 'a field of ' .. name
  error("the library '" .. name .. "' can't be changed, so " .. field .. ' stays as it is', level)
end

--- Returns the read-only table that scripts get in place of `library`; the same one each time.
---@param name string
---@param library table
---@return table
function M.protect(name, library)
  if getmetatable(library) == LOCKED then return library end
  local proxy = front[library]
  if proxy then return proxy end
  proxy = setmetatable({}, {
    __index = library,
    __newindex = function(self, key) refuse(self, key, 3) end,
    __metatable = LOCKED,
  })
  behind[proxy] = { name = name, library = library }
  front[library] = proxy
  return proxy
end

--- Returns the name of a library and the table behind what scripts see of it; nil for any other table. Never for scripts.
---@param proxy table
---@return string?
---@return table?
function M.library_of(proxy)
  local known = behind[proxy]
  if known then return known.name, known.library end
end

-- Writing past the metatable -----------------------------------------------------------------------------------

local safe = {}

function safe.rawset(t, ...)
  if getmetatable(t) == LOCKED then refuse(t, (...), 3) end
  return rawset(t, ...)
end

function safe.rawget(t, ...)
  if getmetatable(t) == LOCKED and behind[t] then return rawget(behind[t].library, ...) end
  return rawget(t, ...)
end

function safe.insert(t, ...)
  if getmetatable(t) == LOCKED then refuse(t, nil, 3) end
  local place = ...
  -- LuaJIT would move everything from there on, nils included, for minutes.
  if type(place) == 'number' and place < 1 and select('#', ...) > 1 then
    error("bad argument #2 to 'insert' (position out of bounds)", 2)
  end
  return insert(t, ...)
end

function safe.remove(t, ...)
  if getmetatable(t) == LOCKED then refuse(t, nil, 3) end
  return remove(t, ...)
end

function safe.sort(t, before)
  if getmetatable(t) == LOCKED then refuse(t, nil, 3) end
  if before ~= nil then return sort(t, before) end
  -- What can't be compared is blamed on the script, not on a line of sort.lua.
  local ok, problem = interrupt.pcall(sort, t)
  if ok then return end
  if type(problem) ~= 'string' then error(problem, 0) end
  local sentence = problem:match('^[^\n]*sort%.lua:%d+: (.*)$')
  error(sentence or problem, sentence and 2 or 0)
end

-- Elements that are moved at once.
local SPAN = 100000

-- Moves span by span, from the end that `table.move` begins at, so that it can be ended.
local function move_long(source, first, last, at, target)
  if last - first > 2 ^ 53 then error("bad argument #3 to 'move' (too many elements to move)", 2) end
  if at > last or at <= first or source ~= target then
    for from = first, last, SPAN do
      interrupt.check()
      move(source, from, min(from + SPAN - 1, last), at + (from - first), target)
    end
  else
    for to = last, first, -SPAN do
      interrupt.check()
      local from = max(to - SPAN + 1, first)
      move(source, from, to, at + (from - first), target)
    end
  end
  return target
end

function safe.move(source, first, last, at, target, ...)
  if getmetatable(target) == LOCKED or target == nil and getmetatable(source) == LOCKED then refuse(target or source, nil, 3) end
  if type(first) ~= 'number' or type(last) ~= 'number' or type(at) ~= 'number' or last - first < SPAN then
    return move(source, first, last, at, target, ...)
  end
  return move_long(source, first, last, at, target == nil and source or target)
end

function safe.pairs(t, ...)
  local known = getmetatable(t) == LOCKED and behind[t]
  if known then
    -- A copy: the loop's state must not be the real table.
    local copy = {}
    for key, value in pairs(known.library) do
      copy[key] = value
    end
    return next, copy
  end
  return pairs(t, ...)
end

-- LuaJIT's own reads the fields from C, and through metamethods: a way to nest calls without a bound.
function safe.time(t)
  if type(t) ~= 'table' then return time(t) end
  return time { year = t.year, month = t.month, day = t.day, hour = t.hour, min = t.min, sec = t.sec, isdst = t.isdst }
end

--- Ends the script, or the call of an entry, with an exit status: a whole number from 0 to 255 (0), true for 0 or false for 1. No `pcall`
--- catches that.
function safe.exit(status)
  if status == nil or status == true then status = 0 end
  if status ~= false and (type(status) ~= 'number' or status % 1 ~= 0 or status < 0 or status > 255) then
    error('os.exit: expected a whole number from 0 to 255, true or false, got ' .. (type(status) == 'number' and status or got(status)), 2)
  end
  error(exits.new(exits.of(status)), 0)
end

-- What is granted is each script's own: see lua/scripts/scripts.lua.
function safe.getenv(name)
  if type(name) ~= 'string' then error("bad argument #1 to 'getenv' (string expected, got " .. type(name) .. ')', 2) end
  return nil
end

local COLLECT = { collect = true, count = true, step = true }

function safe.collectgarbage(what, ...)
  if what ~= nil and not COLLECT[what] then
    error("collectgarbage: expected 'collect', 'count' or 'step', got '" .. tostring(what) .. "'", 2)
  end
  return collectgarbage(what, ...)
end

-- The libraries ------------------------------------------------------------------------------------------------

local function pick(library, names, replaced)
  local picked = {}
  for name in names:gmatch('%S+') do
    picked[name] = library[name]
  end
  for name, f in pairs(replaced or {}) do
    picked[name] = f
  end
  return picked
end

local string_library = pick(string, 'byte char len lower reverse sub upper', {
  find = strings.find,
  match = strings.match,
  gmatch = strings.gmatch,
  gsub = strings.gsub,
  format = strings.format,
  rep = strings.rep,
})

local libraries = {
  string = string_library,
  table = pick(table, 'concat maxn getn foreach foreachi', {
    insert = safe.insert,
    remove = safe.remove,
    sort = safe.sort,
    move = safe.move,
  }),
  math = pick(
    math,
    'abs acos asin atan atan2 ceil cos cosh deg exp floor fmod frexp huge ldexp log log10 max min modf pi pow rad '
      .. 'random randomseed sin sinh sqrt tan tanh'
  ),
  os = pick(os, 'clock date difftime', { time = safe.time, exit = safe.exit, getenv = safe.getenv }),
  bit = pick(bit, 'arshift band bnot bor bswap bxor lshift rol ror rshift tobit tohex'),
  coroutine = coroutines.library,
}

local base = pick(_G, 'assert error getmetatable ipairs next rawequal select setmetatable tonumber tostring type unpack _VERSION', {
  rawset = safe.rawset,
  rawget = safe.rawget,
  pairs = safe.pairs,
  collectgarbage = safe.collectgarbage,
  pcall = interrupt.pcall,
  xpcall = coroutines.xpcall,
})
for name, library in pairs(libraries) do
  base[name] = M.protect(name, library)
end
lock_metatable_of_strings(string_library)

--- The names of the libraries every script has without asking.
M.libraries = {}
for name in pairs(libraries) do
  M.libraries[name] = base[name]
end

-- Code ---------------------------------------------------------------------------------------------------------

local function read(reader)
  local pieces, n, size = {}, 0, 0
  while true do
    local piece = reader()
    if piece == nil or piece == '' then return concat(pieces) end
    if type(piece) ~= 'string' then return nil, 'reader function must return a string' end
    n, size = n + 1, size + #piece
    if size > MAX_SOURCE then return nil, 'the reader function returns more than 1 MiB' end
    pieces[n] = piece
  end
end

-- How many chunks of an entry are kept, so that they can be interpreted from some time on.
local MOST_KEPT = 1000

--- Whether LuaJIT may compile what is loaded. Not in a session: a compiled loop can't be stopped.
M.compiles = true

--- Compiles text, never bytecode; returns the chunk, or nil and a message with chunk name and line. `mode`, if given, is {interpreted =
--- whether LuaJIT may not compile it, chunks = a list that the chunk is added to}.
---@param source string
---@param chunkname string
---@param env table
---@param mode? table
---@return function?
---@return string?
function M.load(source, chunkname, env, mode)
  if source:byte(1) == 27 then return nil, tostring(chunkname or 'chunk'):gsub('^[=@]', '') .. ": bytecode can't be loaded, only text" end
  local chunk, problem = load(source, chunkname, 't', env)
  if not chunk then return nil, problem end
  -- What is not kept could not be turned over to the interpreter later.
  local kept = mode and #mode.chunks < MOST_KEPT
  if kept then mode.chunks[#mode.chunks + 1] = chunk end
  if not M.compiles or mode and (mode.interpreted or not kept) then jit.off(chunk, true) end
  return chunk, problem
end

-- Environments by the script that may see and change them: script's globals -> set of tables. Weak on both sides.
local function code_functions(env, compiling)
  local own = setmetatable({ [env] = true }, { __mode = 'k' })
  local code = {}

  local function compile(source, chunkname, target)
    if #source > MAX_SOURCE then return nil, 'expected at most 1 MiB of text to load, got ' .. #source .. ' bytes' end
    if target == nil then
      target = env
    elseif getmetatable(target) ~= LOCKED then
      own[target] = true
    end
    return M.load(source, chunkname, target, compiling)
  end

  function code.load(source, chunkname, mode, target)
    local problem
    if type(source) == 'function' then
      source, problem = read(source)
      if not source then return nil, problem end
      chunkname = chunkname or '=(load)'
    elseif type(source) ~= 'string' then
      error("bad argument #1 to 'load' (string or function expected, got " .. (source == nil and 'no value' or type(source)) .. ')', 2)
    end
    if chunkname ~= nil and type(chunkname) ~= 'string' then
      error("bad argument #2 to 'load' (string expected, got " .. type(chunkname) .. ')', 2)
    end
    if target ~= nil and type(target) ~= 'table' then error("bad argument #4 to 'load' (table expected, got " .. type(target) .. ')', 2) end
    if mode ~= nil and not (type(mode) == 'string' and mode:find('t', 1, true)) then
      return nil, "only text can be loaded, but the mode is '" .. tostring(mode) .. "'"
    end
    return compile(source, chunkname or source, target)
  end

  function code.loadstring(source, chunkname)
    if type(source) ~= 'string' then
      error("bad argument #1 to 'loadstring' (string expected, got " .. (source == nil and 'no value' or type(source)) .. ')', 2)
    end
    if chunkname ~= nil and type(chunkname) ~= 'string' then
      error("bad argument #2 to 'loadstring' (string expected, got " .. type(chunkname) .. ')', 2)
    end
    return compile(source, chunkname or source)
  end

  -- The environment of a function or level, when it belongs to this script. Called two levels below the script.
  local function own_environment(target, name)
    if target == nil then target = 1 end
    if type(target) == 'number' then
      if not (target >= 0 and target < 65536) then error("bad argument #1 to '" .. name .. "' (invalid level)", 3) end
      if target < 1 then return env end
      local wanted, level, info = target - target % 1, 2
      repeat
        level = level + 1
        info = getinfo(level, 'f')
        if not info then error("bad argument #1 to '" .. name .. "' (invalid level)", 3) end
        -- The pcall that scripts have is a function of Lua around LuaJIT's own.
        if info.func ~= interrupt.pcall then wanted = wanted - 1 end
      until wanted == 0
      target = info.func
    elseif type(target) ~= 'function' then
      error("bad argument #1 to '" .. name .. "' (function or level expected, got " .. type(target) .. ')', 3)
    end
    local found = getfenv(target)
    if own[found] then return found, target end
  end

  function code.getfenv(...)
    local found = own_environment((...), 'getfenv')
    return found or env
  end

  function code.setfenv(target, replacement)
    if type(replacement) ~= 'table' then
      error("bad argument #2 to 'setfenv' (table expected, got " .. (replacement == nil and 'no value' or type(replacement)) .. ')', 2)
    end
    if target == nil then error("bad argument #1 to 'setfenv' (function or level expected, got no value)", 2) end
    local found, f = own_environment(target, 'setfenv')
    if not found or not f then error('setfenv can change only functions of the script itself', 2) end
    if getmetatable(replacement) ~= LOCKED then own[replacement] = true end
    setfenv(f, replacement)
    return f
  end

  return code
end

--- Makes the global table of one script: Lua's own names, then those of `globals`. `mode` is as in `load`, for what it loads.
---@param globals? table
---@param mode? table
---@return table
function M.environment(globals, mode)
  local env = {}
  for name, value in pairs(base) do
    env[name] = value
  end
  for name, f in pairs(code_functions(env, mode)) do
    env[name] = f
  end
  env._G = env
  for name, value in pairs(globals or {}) do
    env[name] = value
  end
  return env
end

return M
