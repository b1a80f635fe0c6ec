-- The stages of an import's glue, each written by one function here: function(block, glue) adds its text to a block. lua/imports/glue.lua
-- puts them together.
--
-- What they write uses `instance`, whose guest calls; `io`, its core values; `ret`, the address of its place for a result; `w`, the value
-- that a provider gives; and `fault`, what is wrong with what the guest gave, or with handles that it has no room for.

local check = require 'lua.abi.check'
local flat = require 'lua.imports.flat'
local layout = require 'lua.abi.layout'
local lift = require 'lua.abi.lift'
local lower = require 'lua.abi.lower'
local measure = require 'lua.abi.measure'
local support = require 'lua.imports.support'

local M = {}

--- What is known of the import whose glue is written.
---@class Glue
---@field sig table the laid out signature
---@field emitter Emitter

-- Past so many arguments they don't fit a function's locals, and are put into a table.
local MOST_LOCALS = 100

-- Check ---------------------------------------------------------------------------------------------------------------

--- The checks of a result, and of its sides where it is a result type.
---@param block Block
---@param glue Glue
function M.checks(block, glue)
  local t = glue.sig.result
  local sides = t and t.kind == 'result' and t or {}
  for _, each in ipairs { { 'fits', t }, { 'fits_ok', sides.ok }, { 'fits_err', sides.err } } do
    local name, type = each[1], each[2]
    block:put('local function %s(w) return %s end', name, type and check.expression(glue.emitter, type, 'w') or 'w == nil')
  end
end

-- Call ----------------------------------------------------------------------------------------------------------------

local BROKEN = 'return broken(import, fault)'

--- Begins with nothing wrong, and looks at the guest's memory.
---@param block Block
---@param glue Glue
function M.look(block, glue)
  block:put('budget, fault, holder = %d, nil, instance', support.MOST_BYTES)
  if not layout.uses_memory(glue.sig) then return end
  block:within('if not instance.memory then', 'return "it has no memory that values could be passed in"')
  block:put 'look(instance)'
end

-- Refuses an address that the guest gave; `what` says what should lie there.
local function within_memory(block, name, what, t)
  block:within(('if %s + %d > limit then'):format(name, t.size), ('return broken(import, "%s outside its memory")'):format(what))
  block:within(
    ('if %s %% %d ~= 0 then'):format(name, t.align),
    ('return broken(import, "%s at an address that is not a multiple of %d")'):format(what, t.align)
  )
end

--- Finds arguments that lie in memory, because they are too many for core values.
---@param block Block
---@param glue Glue
function M.find_arguments(block, glue)
  if not glue.sig.spilled then return end
  block:put 'local at = io[0].u32'
  within_memory(block, 'at', 'its arguments are', glue.sig.tuple)
end

--- Finds the place for a result that is more than a core value.
---@param block Block
---@param glue Glue
function M.find_place(block, glue)
  if not glue.sig.in_memory then return end
  block:put('local ret = io[%d].u32', glue.sig.flat_count)
  within_memory(block, 'ret', 'its place for the result is', glue.sig.result)
end

--- Lifts the arguments into locals, or into one table.
---@param block Block
---@param glue Glue
function M.lift(block, glue)
  local sig, slot = glue.sig, 0
  local many = #sig.params > MOST_LOCALS
  if many then block:put('local a = new(%d, 0)', #sig.params) end
  for i, param in ipairs(sig.params) do
    local value
    if sig.spilled then
      value = lift.load_text(glue.emitter, param.type, lower.plus('at', sig.tuple.offsets[i]))
    else
      value = flat.text(glue.emitter, param.type, tostring(slot))
      slot = slot + #param.type.flat
    end
    block:put('%s = %s', (many and 'a[%d]' or 'local a%d'):format(i), value)
  end
  block:within('if fault then', BROKEN)
end

-- The text that passes the arguments on, after others.
local function passed(sig)
  local count = #sig.params
  if count > MOST_LOCALS then return (', unpack(a, 1, %d)'):format(count) end
  local names = {}
  for i = 1, count do
    names[i] = ', a' .. i
  end
  return table.concat(names)
end

--- Begins the provider.
---@param block Block
---@param glue Glue
function M.begin(block, glue)
  local place = glue.sig.in_memory and 'ret' or 'nil'
  block:put('return begin(instance, io, import, %s%s)', place, passed(glue.sig))
end

-- Give ----------------------------------------------------------------------------------------------------------------

local NEW = 'holder, fault = instance, nil'

--- Ends a call that has no result.
---@param block Block
function M.give_nothing(block)
  block:open 'local function give(_, io)'
  block:put 'finish(io)'
  block:close()
end

--- The function that lowers a result which is one core value.
---@param block Block
---@param glue Glue
function M.put_flat(block, glue)
  block:open 'local function put(w)'
  block:put 'io[0].u64 = 0'
  block:put(lower.flat_text(glue.emitter, glue.sig.result, 'w', '0'))
  block:put 'return true'
  block:close()
end

--- Gives such a result. `later` is true where the provider has waited: `out` has no place for it then, and it is fetched.
---@param block Block
function M.give_flat(block)
  block:open 'local function give(instance, out, _, w, later)'
  block:put(NEW)
  block:put 'put(w)'
  block:within('if fault then', BROKEN)
  block:put 'finish(out)'
  block:within('if later then', 'return fetch(instance, io[0].u64)')
  block:put 'out[1].u64 = io[0].u64'
  block:close()
end

--- The function that lowers a result into memory.
---@param block Block
---@param glue Glue
function M.put_placed(block, glue)
  block:open 'local function put(ret, w)'
  block:put(lower.store_text(glue.emitter, glue.sig.result, 'w', 'ret'))
  block:put 'return true'
  block:close()
end

--- Gives such a result, where it takes no memory but its place.
---@param block Block
function M.give_placed(block)
  block:open 'local function give(instance, out, ret, w)'
  block:put(NEW)
  block:put 'look(instance)'
  block:put 'put(ret, w)'
  block:within('if fault then', BROKEN)
  block:put 'finish(out)'
  block:close()
end

--- The function that says what memory a result takes besides.
---@param block Block
---@param glue Glue
function M.measure(block, glue)
  block:open 'local function sizes(w)'
  block:put(measure.text(glue.emitter, glue.sig.result, 'w'))
  block:close()
end

--- The function that lowers it when that memory is there. Other coroutines may have changed it meanwhile.
---@param block Block
function M.fill(block)
  block:open 'local function fill(instance, asked)'
  block:put 'places, place, holder, fault = asked, 0, instance, nil'
  block:put 'look(instance)'
  block:within('if not fits(asked.value) then', 'trap(CHANGED)')
  block:put 'put(asked.ret, asked.value)'
  block:within('if fault then', 'trap(broken(import, fault))')
  block:close()
end

--- Asks for the memory.
---@param block Block
function M.give_filled(block)
  block:open 'local function give(instance, out, ret, w)'
  block:put 'local asked = { done = fill, ret = ret, value = w }'
  block:put 'places = asked'
  block:put 'sizes(w)'
  block:put 'return allocate(instance, out, asked)'
  block:close()
end

return M
