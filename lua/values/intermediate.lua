-- Builds values for the way out of their Lua state, and restores those that come in.
--
-- What leaves is what LuaJIT's string.buffer can encode, with markers for the rest: buffer.py says which, and is the
-- other half. The rules for Lua values are the intermediate model's (host/values/intermediate.py).

local arguments = require 'lua.values.arguments'
local buffer = require 'string.buffer'
local ffi = require 'ffi'
local errors = require 'lua.values.errors'
local facts = require 'lua.border.facts'
local maps = require 'lua.values.maps'
local optional = require 'lua.values.optional'

local M = {}

-- How deep a value may be, and after how many levels the rest goes into a blob of its own, because string.buffer
-- itself takes 100.
local DEPTH, DEEP = facts.DEPTH, facts.DEEP

-- A table that is reached twice is copied twice, so a small value can stand for an endless one.
local MOST_TABLES = 2 ^ 24

-- The null light userdata, which stands for an absent option.
local NULL = buffer.decode('\3')

local next, pcall, rawget, select, tostring, type = next, pcall, rawget, select, tostring, type
local concat, format = table.concat, string.format
local istype, int64, uint64 = ffi.istype, ffi.typeof 'int64_t', ffi.typeof 'uint64_t'

local handles -- tells a handle of a resource from other cdata, set where there are any

--- Has handles of resources refused by their name: `given` has is_handle(value).
---@param given {is_handle: function}
function M.know(given) handles = given end

local function step(key)
  if type(key) == 'number' then
    return '[' .. key .. ']'
  elseif #key > 64 then
    return format('[%q...]', key:sub(1, 64))
  elseif key:find '^[%a_][%w_]*$' then
    return '.' .. key
  end
  return format('[%q]', key)
end

-- The sentence for what is wrong at the place where `walk` is.
local function fail(state, depth, what)
  local path = {}
  for level = 1, depth do
    local key = state.keys[level]
    path[#path + 1] = key and step(key) or ''
  end
  local text = concat(path)
  if text:sub(1, 1) == '.' then text = text:sub(2) end
  return nil, (text == '' and 'value' or text) .. ': ' .. what
end

local walk

-- Builds the entries of `source` into a table of their own, unless they can stay as they are.
local function entries(state, source, depth)
  local copy
  for key, child in next, source do
    local kind = type(child)
    if kind ~= 'number' and kind ~= 'string' and kind ~= 'boolean' then
      state.keys[depth + 1] = key
      local built, err = walk(state, child, depth + 1)
      if err then
        return nil, err
      elseif built ~= child then
        if not copy then
          copy = {}
          for k, v in next, source do
            copy[k] = v
          end
        end
        copy[key] = built
      end
    end
  end
  return copy or source
end

-- Says what is wrong with the keys of `source`, which must be 1..n or all strings.
local function misshapen(source)
  local numbers, strings = 0, 0
  for key in next, source do
    local kind = type(key)
    if kind == 'number' then
      numbers = numbers + 1
    elseif kind == 'string' then
      strings = strings + 1
    else
      return 'a table with a ' .. kind .. " as a key can't be passed on"
    end
  end
  if numbers > 0 and strings > 0 then return "a table with both numbers and names as keys can't be passed on" end
  for i = 1, numbers do
    if rawget(source, i) == nil then return format("a table with %d numbers as keys, but none at %d, can't be passed on", numbers, i) end
  end
end

-- Builds the fields of something that is not a plain table, with the marker that says what it is.
local function marked(state, name, fields, depth)
  local built, err = entries(state, fields, depth)
  if err then return nil, err end
  local marker = {}
  for key, child in next, built do
    marker[key] = child
  end
  marker[true] = name
  return marker
end

local function some(state, value, depth)
  state.keys[depth + 1] = false
  local payload, err = walk(state, rawget(value, 1), depth + 1)
  if err then return nil, err end
  return { [true] = 'some', value = payload }
end

-- A map's keys and values, in turn. Keys that WIT does not have can't be passed on.
local function map(state, value, depth)
  local marker, count = { [true] = 'map' }, 0
  for key, child in next, value do
    local kind = type(key)
    if kind ~= 'string' and kind ~= 'number' and kind ~= 'boolean' then
      return fail(state, depth, 'a map with a ' .. kind .. " as a key can't be passed on")
    end
    state.keys[depth + 1] = kind == 'boolean' and tostring(key) or key
    local built, err = walk(state, child, depth + 1)
    if err then return nil, err end
    marker[count + 1], marker[count + 2], count = key, built, count + 2
  end
  return marker
end

local function plain(state, value, depth)
  local wrong = misshapen(value)
  if wrong then return fail(state, depth, wrong) end
  return entries(state, value, depth)
end

local function walk_table(state, value, depth)
  local fields = errors.fields(value)
  local identity = fields or value
  if state.above[identity] then
    return fail(state, depth, 'contains itself')
  elseif depth >= DEPTH then
    return fail(state, depth, format('is nested deeper than %d levels', DEPTH))
  end
  state.tables = state.tables + 1
  if state.tables > MOST_TABLES then
    return fail(state, depth, format('the value has more than %d tables, one that is reached twice counted twice', MOST_TABLES))
  end
  state.above[identity] = true
  local built, err
  if fields then
    built, err = marked(state, 'error', fields, depth)
  elseif optional.is_some(value) then
    built, err = some(state, value, depth)
  elseif maps.is_map(value) then
    built, err = map(state, value, depth)
  else
    built, err = plain(state, value, depth)
  end
  state.above[identity] = nil
  if built and depth > 0 and depth % DEEP == 0 then built = { [true] = 'deep', value = buffer.encode(built) } end
  return built, err
end

function walk(state, value, depth)
  local kind = type(value)
  if kind == 'table' or errors.is_error(value) then
    return walk_table(state, value, depth)
  elseif value == optional.none then
    return NULL
  elseif kind == 'nil' or kind == 'boolean' or kind == 'number' or kind == 'string' then
    return value
  elseif kind == 'cdata' and (istype(int64, value) or istype(uint64, value)) then
    return value
  elseif kind == 'cdata' then
    return fail(
      state,
      depth,
      handles and handles.is_handle(value) and "a resource handle works only where it was made and can't be passed on"
        or "a cdata can't be passed on"
    )
  end
  return fail(state, depth, 'a ' .. kind .. " can't be passed on")
end

--- Builds what string.buffer can encode from a Lua value. Returns nil and a sentence that begins with the path when
--- there is something in it that can't leave its Lua state.
---@param value any
---@return any
---@return string?
function M.build(value) return walk({ keys = {}, above = {}, tables = 0 }, value, 0) end

local function encode(value)
  local built, err = M.build(value)
  if err then return nil, err end
  return buffer.encode(built)
end

--- Encodes a value for `decode` on either side. Returns nil and a sentence when it can't be.
---@param value any
---@return string?
---@return string?
function M.encode(value)
  local ok, text, err = pcall(encode, value)
  if not ok then return nil, 'value: ' .. text end
  if err then return nil, err end
  return text
end

--- Says what `encode` says of a value that is called `name`: where in it, and what is wrong.
---@param name string
---@param why string
---@return string
function M.inside(name, why)
  local whole = why:match '^value: (.*)$'
  if whole then return format("'%s': %s", name, whole) end
  return format("'%s%s%s", name, why:sub(1, 1) == '[' and '' or '.', (why:gsub(': ', "': ", 1)))
end

--- Encodes `count` values that follow one another, nil among them; the sentence names the argument.
---@param count integer
---@param ... any
---@return string?
---@return string?
function M.encode_all(count, ...)
  local many = arguments.too_many(count)
  if many then return nil, many end
  local texts = {}
  for i = 1, count do
    local text, err = M.encode((select(i, ...)))
    if err then return nil, 'argument ' .. i .. ': ' .. err:gsub('^value: ', '') end
    texts[i] = text
  end
  return concat(texts)
end

--- Restores what `build` built, here or on the Python side. The tables that it is given become those that it returns.
---@param value any
---@return any
function M.restore(value)
  if value == NULL then
    return optional.none
  elseif type(value) ~= 'table' then
    return value
  end
  local marker = rawget(value, true)
  if marker == 'deep' then return M.restore(buffer.decode(value.value)) end
  for key, child in next, value do
    local kind = type(child)
    if kind == 'table' or kind == 'userdata' then value[key] = M.restore(child) end
  end
  if marker == 'some' then
    return optional.some(value.value)
  elseif marker == 'map' then
    local count = #value
    local out = maps.new(count / 2)
    for i = 1, count, 2 do
      out[value[i]] = value[i + 1]
    end
    return out
  elseif marker == 'error' then
    return errors.make(value)
  end
  return value
end

--- Decodes one value.
---@param text string
---@return any
function M.decode(text) return M.restore(buffer.decode(text)) end

--- Decodes values that follow one another. Returns a table of them, with holes where they are nil, and their number, which may be more
--- than a call can have: see lua/values/arguments.lua.
---@param text string
---@return table
---@return integer
function M.decode_all(text)
  local source, values, count = buffer.new():set(text), {}, 0
  while #source > 0 do
    count = count + 1
    values[count] = M.restore(source:decode())
  end
  return values, count
end

return M
