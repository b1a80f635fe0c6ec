-- wippy:runtime/funcs: a guest calls functions of the registry, while its lane goes on.
--   call-string: func(target: string, input: string) -> result<string, string>
--   call-bytes: func(target: string, input: list<u8>) -> result<list<u8>, string>
-- The function gets the input as its only argument, and gives a string; nothing counts as an empty one. What goes wrong is the err side.

local dispatcher = require 'lua.dispatcher.dispatcher'
local errors = require 'lua.values.errors'
local linking = require 'lua.guest.linking'
local memory = require 'lua.guest.memory'
local protocol = require 'lua.guest.protocol'
local rings = require 'lua.dispatcher.rings'
local text = require 'lua.values.utf8'

local M = {}

local LATE = dispatcher.LATE

-- How deep guests of one task may call each other by way of the host: each level is an instance and a stack.
local MOST_NESTED = 100

local call -- funcs.call, set by `setup`

local function nested_call(id, input)
  local task = dispatcher.current()
  local depth = (task.called_by_guests or 0) + 1
  if depth > MOST_NESTED then
    return nil,
      errors.make {
        message = ('%s: guests call each other more than %d levels deep'):format(id, MOST_NESTED),
        kind = errors.kinds.INTERNAL,
        entry = id,
      }
  end
  task.called_by_guests = depth
  local ok, value, err = pcall(call, id, input)
  task.called_by_guests = depth - 1
  if not ok then error(value, 0) end
  return value, err
end

-- Calls until `limit` at most: gives a problem, LATE, or nil, the value and its error.
local function call_until(limit, id, input)
  if not limit then
    local ok, value, err = pcall(nested_call, id, input)
    if not ok then return value end
    return nil, value, err
  end
  local task, generation = dispatcher.ticket()
  if not task then return generation end
  local done, value, err = false, nil, nil
  local child = dispatcher.spawn(function()
    local own = dispatcher.current()
    own.called_by_guests, own.stay = task.called_by_guests, task.stay
    value, err = nested_call(id, input)
    done = true
    dispatcher.wake(task, generation)
  end)
  local problem = rings.await(child, limit, 'funcs.call', id)
  if done then return nil, value, err end
  dispatcher.cancel(child, problem ~= LATE and problem or nil)
  return problem
end

-- The answer as text, and whether it is the err side.
local function answer(id, value, err)
  if err ~= nil then return tostring(err), true end
  if value == nil then return '', false end
  if type(value) == 'string' then return value, false end
  if type(value) == 'number' or type(value) == 'boolean' then return tostring(value), false end
  return ('%s gave a %s, and a guest can be given a string: return one'):format(id, type(value)), true
end

local function put(instance, io, ret, given, failed)
  return memory.allocate(instance, io, {
    { size = #given, align = 1 },
    done = function(_, asked)
      memory.put8(instance, ret, failed and 1 or 0)
      memory.put_bytes(instance, ret + 4, asked[1], given)
    end,
  })
end

local function caller(is_text)
  return function(instance, io)
    local id, input, ret = memory.bytes(instance, io[0].u32, io[1].u32), memory.bytes(instance, io[2].u32, io[3].u32), io[4].u32
    memory.at(instance, ret, 12, 4)
    if not text.string_is_utf8(id) or is_text and not text.string_is_utf8(input) then
      return 'the guest gives the host a string that is not UTF-8'
    end
    local given, failed
    local pending = {
      work = function(limit)
        local problem, value, err = call_until(limit, id, input)
        if problem == LATE then return nil end
        if problem then return problem end
        given, failed = answer(id, value, err)
        if (is_text or failed) and not text.string_is_utf8(given) then
          given, failed = id .. ' gave a string that is not UTF-8: call it with call-bytes', true
        end
      end,
    }
    return protocol.wait(instance, io, pending, function(_, out) return put(instance, out, ret, given, failed) end)
  end
end

linking.provide('wippy:runtime/funcs', { ['call-string'] = caller(true), ['call-bytes'] = caller(false) })

--- Sets what makes the calls: call(id, ...) -> value, err.
---@param given function
function M.setup(given) call = given end

return M
