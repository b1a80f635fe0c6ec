-- The canonical built-ins of WASI 0.3, as functions of the host: each by its name makes a function(instance, io) for a row of the plan.

local ffi = require 'ffi'
local jobs = require 'lua.tasks.jobs'
local protocol = require 'lua.guest.protocol'
local states = require 'lua.tasks.state'
local tables = require 'lua.tasks.tables'
local tasks = require 'lua.tasks.tasks'
local values = require 'lua.tasks.values'
local waitables = require 'lua.tasks.waitables'
local wasmtime = require 'lua.wasmtime.api'

local tonumber, cast = tonumber, ffi.cast
local EVENTS, BLOCKED = waitables.EVENTS, waitables.BLOCKED
local trap = protocol.trap

local M = {}

--- By name: function(row) that gives function(instance, io).
---@type table<string, fun(row: table, plan: table?): fun(instance: Instance, io: ffi.cdata*): any>
M.makers = {}
local makers = M.makers
--- What interfaces of the host have (lua/tasks/calls.lua).
---@type table<string, function>
M.hosts = {}

local function finish(state, io, value)
  state.io[0].u64 = value or 0
  io[0].i64 = 0
end

local function home_of(state, row) return state.homes[row.instance] end

local function who_of(state, row)
  return {
    instance = state.instance,
    state = state,
    home = home_of(state, row),
    task = state.current,
    memory = states.memory(state, row.memory),
  }
end

local function current(state) return state.current or state.making end

--- Why a task may not wait on its stack, or nil.
---@param state table
---@return string?
function M.stuck(state)
  local called = state.current or state.making
  return function()
    if not called.lifted.waits and called.phase ~= 'resolved' then return 'cannot block a synchronous task before returning' end
  end
end

--- Ends a guest that would wait where it may not: before a function that is not async has returned.
---@param state table
---@param row table
function M.check_wait(state, row)
  local why = not row.asynchronous and M.stuck(state)()
  if why then trap(why) end
end

-- Waits until ready(), or, where that may be, until the task is canceled.
local function wait(state, io, ready, done, cancellable, yields)
  local called = current(state)
  local outer = called.frame
  local frame
  frame = {
    cancellable = cancellable,
    stuck = not yields and M.stuck(state) or nil,
    ready = function()
      if cancellable and called.phase == 'canceling' then
        called.phase, frame.canceled = 'canceled', true
        return true
      end
      return ready()
    end,
    finish = function(_, out)
      called.frame = outer
      done(out, frame.canceled)
    end,
  }
  called.frame = frame
  return jobs.wait(state, io, frame)
end

-- Tasks ----------------------------------------------------------------------------------------------------------------

makers['task.return'] = function(row)
  local params = values.params(row.signature, 16)
  return function(instance, io)
    local state = states.of(instance)
    local called = current(state)
    if not called.lifted.asynchronous then trap 'invalid `task.return` for a task that is not lifted as async' end
    if called.lifted.result ~= row.type or (row.memory and called.lifted.memory ~= row.memory) then
      trap 'invalid `task.return` signature and/or options for current task'
    end
    local ok, value = params.lift(called.who, states.memory(state, row.memory), io)
    if not ok then trap('the guest broke the canonical ABI: the result is or has ' .. tostring(value)) end
    tasks.give(called, value)
    return finish(state, io)
  end
end

makers['task.cancel'] = function()
  return function(instance, io)
    local state = states.of(instance)
    local called = current(state)
    if not called.lifted.asynchronous then trap 'invalid `task.cancel` for a task that is not lifted as async' end
    tasks.cancel(called)
    return finish(state, io)
  end
end

makers['context.get'] = function(row)
  local slot = row.numbers[2] + 1
  return function(instance, io)
    local state = states.of(instance)
    return finish(state, io, current(state).storage[slot])
  end
end

makers['context.set'] = function(row)
  local slot, is_wide = row.numbers[2] + 1, row.numbers[1] == 0x7E
  return function(instance, io)
    local state = states.of(instance)
    current(state).storage[slot] = is_wide and io[0].u64 or io[0].u32
    return finish(state, io)
  end
end

makers['backpressure.inc'] = function(row)
  return function(instance, io)
    local state = states.of(instance)
    local home = home_of(state, row)
    home.backpressure = home.backpressure + 1
    if home.backpressure == 65536 then trap 'backpressure counter overflow' end
    return finish(state, io)
  end
end

makers['backpressure.dec'] = function(row)
  return function(instance, io)
    local state = states.of(instance)
    local home = home_of(state, row)
    if home.backpressure == 0 then trap 'backpressure counter underflow' end
    home.backpressure = home.backpressure - 1
    if home.admit then home.admit() end
    return finish(state, io)
  end
end

makers['thread.yield'] = function(row)
  return function(instance, io)
    local state, passed = states.of(instance), false
    table.insert(state.yielders, function() passed = true end)
    local function done(out, canceled) out[0].u64 = canceled and 1 or 0 end
    return wait(state, io, function() return passed end, done, row.asynchronous, true)
  end
end

-- Waitable sets -----------------------------------------------------------------------------------------------------------

makers['waitable-set.new'] = function(row)
  return function(instance, io)
    local state = states.of(instance)
    return finish(state, io, tables.add(home_of(state, row).table, waitables.new_set()))
  end
end

makers['waitable-set.drop'] = function(row)
  return function(instance, io)
    local state = states.of(instance)
    local t, index = home_of(state, row).table, io[0].u32
    waitables.check_set(tables.of_kind(t, index, 'waitable-set'))
    tables.remove(t, index)
    return finish(state, io)
  end
end

local p32 = ffi.typeof 'uint32_t *'

-- Writes what belongs to an event.
local function put_event(state, row, at, index, payload)
  local ctx, of = state.instance.ctx, states.memory(state, row.memory)
  if at % 4 ~= 0 then trap 'unaligned pointer: the place for an event is not at a multiple of 4' end
  if at + 8 > tonumber(wasmtime.C.wasmtime_memory_data_size(ctx, of)) then
    trap 'out of bounds: the place for an event is outside the memory'
  end
  local place = cast(p32, wasmtime.C.wasmtime_memory_data(ctx, of) + at)
  place[0], place[1] = index, payload
end

makers['waitable-set.wait'] = function(row)
  return function(instance, io)
    local state = states.of(instance)
    local set, at = tables.of_kind(home_of(state, row).table, io[0].u32, 'waitable-set'), io[1].u32
    local key = {}
    set.waiting, set.waiters[key] = set.waiting + 1, function() jobs.kick(state) end
    return wait(state, io, function() return waitables.has_event(set) end, function(out, canceled)
      set.waiting, set.waiters[key] = set.waiting - 1, nil
      local code, index, payload = EVENTS.canceled, 0, 0
      if not canceled then
        code, index, payload = waitables.next_event(set)
      end
      put_event(state, row, at, index, payload)
      out[0].u64 = code
    end, row.asynchronous)
  end
end

makers['waitable-set.poll'] = function(row)
  return function(instance, io)
    local state = states.of(instance)
    local set, at = tables.of_kind(home_of(state, row).table, io[0].u32, 'waitable-set'), io[1].u32
    local called, code, index, payload = state.current, EVENTS.none, 0, 0
    if row.asynchronous and called and called.phase == 'canceling' then
      called.phase, code = 'canceled', EVENTS.canceled
    elseif waitables.has_event(set) then
      code, index, payload = waitables.next_event(set)
    end
    put_event(state, row, at, index, payload)
    return finish(state, io, code)
  end
end

local function waitable_of(t, index)
  local w = tables.get(t, index)
  if w.kind ~= 'subtask' and not w.shared then trap(('handle index %d used with the wrong type: it is not a waitable'):format(index)) end
  return w
end

makers['waitable.join'] = function(row)
  return function(instance, io)
    local state = states.of(instance)
    local t = home_of(state, row).table
    local w, set = waitable_of(t, io[0].u32), io[1].u32
    if w.waiter then trap 'waitable cannot be added to a waitable set while being used synchronously' end
    waitables.join(w, set ~= 0 and tables.of_kind(t, set, 'waitable-set') or nil)
    return finish(state, io)
  end
end

-- Subtasks ---------------------------------------------------------------------------------------------------------------

-- Waits for the event of a waitable, which nobody else waits for; done(out, code, payload) takes it.
local function wait_alone(state, io, w, done)
  w.waiter = function() jobs.kick(state) end
  return wait(state, io, function() return w.event ~= nil end, function(out)
    w.waiter = nil
    local code, payload = waitables.take_event(w)
    done(out, code, payload)
  end)
end

local SYNCHRONOUS = 'waitable cannot be used synchronously while added to a waitable set'

makers['subtask.cancel'] = function(row)
  return function(instance, io)
    local state = states.of(instance)
    M.check_wait(state, row)
    local t, index = home_of(state, row).table, io[0].u32
    local w = tables.of_kind(t, index, 'subtask')
    if w.delivered then trap '`subtask.cancel` called after terminal status delivered' end
    if w.cancel_requested then trap '`subtask.cancel` called more than once on the same subtask' end
    if w.set and not row.asynchronous then trap(SYNCHRONOUS) end
    local function give(out)
      w.event = w.event or w.deliver
      waitables.take_event(w)
      out[0].u64 = w.state
    end
    if w.state < 2 then
      w.cancel_requested = true
      local settled = w.on_cancel(w)
      if w.state < 2 or (settled and not settled()) then
        if not row.asynchronous then return wait_alone(state, io, w, give) end
        if not settled then return finish(state, io, BLOCKED) end
        return wait(state, io, function() return settled() end, function(out)
          if w.state < 2 then
            out[0].u64 = BLOCKED
          else
            give(out)
          end
        end)
      end
    end
    give(state.io)
    io[0].i64 = 0
  end
end

makers['subtask.drop'] = function(row)
  return function(instance, io)
    local state = states.of(instance)
    local t, index = home_of(state, row).table, io[0].u32
    local w = tables.of_kind(t, index, 'subtask')
    if not w.delivered then trap 'cannot drop a subtask which has not yet resolved' end
    waitables.drop(w)
    tables.remove(t, index)
    return finish(state, io)
  end
end

M.finish, M.who_of, M.wait, M.wait_alone, M.home_of, M.SYNCHRONOUS = finish, who_of, wait, wait_alone, home_of, SYNCHRONOUS

return M
