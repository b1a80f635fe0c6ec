-- Calls that can wait: the guest runs on a Wasmtime fiber, which is left when the guest waits and entered again when what it waits
-- for has come. Its task waits in the dispatcher meanwhile, and others run.
--
-- Such a store takes only asynchronous calls, one at a time. A guest that computes gives control back at every epoch: others run then,
-- too, and its limit and its cancellation are checked.
--
-- Everything that a future uses (the arguments, the results, the function) stays where it is until the future is deleted.

local ffi = require 'ffi'
local clock = require 'lua.dispatcher.clock'
local dispatcher = require 'lua.dispatcher.dispatcher'
local entrances = require 'lua.wasmtime.entrances'
local errors = require 'lua.values.errors'
local gate = require 'lua.dispatcher.gate'
local printing = require 'lua.guest.printing'
local rings = require 'lua.dispatcher.rings'
local running = require 'lua.guest.running'
local wasmtime = require 'lua.wasmtime.api'

local M = {}

-- Types and slots, made when the library is there.
---@type ffi.cdata*, ffi.cdata*, ffi.cdata*, ffi.cdata*, ffi.cdata*, ffi.cdata*, ffi.cdata*
local values, slots, alone_args, alone_results, alone_out, leaf_args, leaf_results

-- How long a function that may not wait (realloc, post-return, a destructor) may compute, in nanoseconds.
local MOST_ALONE = 1e9
-- How often it may give control back at an epoch meanwhile.
local MOST_TURNS = 200
local TOO_LONG = 'it computes for very long where a guest may not wait'

-- Beginning a call, and deleting one that has ended, runs no code of the guest.
local poll, delete = entrances.poll, entrances.delete
M.delete = delete

--- Makes the store of an instance asynchronous, which it was not while it was made.
---@param instance Instance
function M.open(instance)
  instance.asynchronous = true
  -- The C header declares an error as its result; the library returns nothing.
  wasmtime.C.wasmtime_context_epoch_deadline_async_yield_and_update(instance.ctx, 1)
  wasmtime.C.wasmtime_context_set_epoch_deadline(instance.ctx, 1)
end

-- One at a time -------------------------------------------------------------------------------------------------------

-- What stopped a call that has taken too long.
local LATE = dispatcher.LATE

-- What stopped a call that would wait for itself: it comes from a call that the same instance is in, or that call waits for it.
M.INSIDE = {}

-- What a task is woken with that has waited for its turn: the instance is its own from then on.
local MINE = {}

--- Waits until no other call is in the instance, in order, until `limit` (monotonic nanoseconds) at most. Gives a problem, LATE, M.INSIDE
-- or nil, and whether it waited; the instance may be gone then.
---@param instance Instance
---@param limit number? monotonic nanoseconds
---@return any? problem
---@return boolean waited
function M.enter(instance, limit)
  if instance.store == nil then return nil, false end
  if not instance.busy then
    instance.busy, instance.task = true, dispatcher.current()
    return nil, false
  end
  -- The task that is in the instance may wait for this one, itself or by way of others.
  if rings.leads(instance.task, dispatcher.current()) then return M.INSIDE, false end
  if not dispatcher.current() then return dispatcher.OUTSIDE, false end
  instance.queue = instance.queue or gate.new(instance, M.INSIDE)
  local problem, answer = gate.wait(instance.queue, limit, 'funcs.call', 'the instance of another call')
  if answer == MINE then
    instance.task = dispatcher.current()
    if not limit or clock.monotonic() < limit then return nil, true end
    -- Its turn came when its time was up, so the next one gets the turn.
    M.leave(instance)
    return LATE, true
  end
  if problem == LATE and instance.store == nil then return nil, true end
  return problem, true
end

--- Lets the next call in: it is in the instance before it goes on, so that nobody overtakes it.
---@param instance Instance
function M.leave(instance)
  instance.limit, instance.task = nil, nil
  if instance.queue and gate.admit(instance.queue, MINE) then return end
  instance.busy = false
end

--- Tells everybody who waits for the instance that it is gone.
---@param instance Instance
function M.abandon(instance)
  local queue = instance.queue
  instance.queue, instance.busy = nil, false
  if queue then gate.admit_all(queue) end
end

-- Calls ---------------------------------------------------------------------------------------------------------------

local function kinds(letters, into)
  for i = 1, #letters do
    into[i - 1].kind = wasmtime.KINDS[letters:sub(i, i)]
  end
  return into
end

--- Gives a binding what its calls need.
---@param binding Binding
---@param params string a letter for each core type
---@param results string
function M.equip(binding, params, results)
  values, slots = values or ffi.typeof 'mw_val[?]', slots or ffi.typeof 'void *[2]'
  alone_args, alone_results, alone_out =
    alone_args or ffi.new 'mw_val[17]', alone_results or ffi.new 'mw_val[1]', alone_out or ffi.new 'void *[2]'
  leaf_args, leaf_results = leaf_args or kinds('iiiii', ffi.new 'mw_val[5]'), leaf_results or kinds('i', ffi.new 'mw_val[1]')
  binding.count, binding.size = #params, #results
  binding.args, binding.results, binding.out =
    kinds(params, values(math.max(#params, 1))), kinds(results, values(math.max(#results, 1))), slots()
  binding.alone = results .. 'i'
  binding.post_args = kinds(binding.alone, values(#binding.alone))
end

-- Waits for what the guest waits for, until `limit` at most. Gives a problem, or nil.
local function rest(instance, limit)
  if instance.unsent then running.exchanges.begin(instance) end
  local pending = instance.pending
  if pending.work then return pending.work(limit) end
  local deadline, sources = pending.deadline, pending.sources
  if limit and (not deadline or limit < deadline) then deadline = limit end
  if not sources then return dispatcher.sleep(deadline - clock.monotonic(), 'funcs.call') end
  local task, generation = dispatcher.ticket()
  if not task then return generation end
  local watching = {}
  for i, source in ipairs(sources) do
    watching[i] = source.watch(task, generation, dispatcher.wake)
  end
  local problem = dispatcher.wait_until(deadline, 'funcs.call')
  for _, stop in ipairs(watching) do
    stop()
  end
  -- What was waited for is looked at again anyway.
  return problem ~= LATE and problem or nil
end

--- Gives the error of a call whose instance, and future, somebody else has ended.
---@return any
function M.gone()
  local message = 'the instance of the call was ended while the call waited'
  return errors.make { message = message, kind = errors.kinds.CANCELED }
end

local function stopped(binding, future, why)
  binding.instance.future = nil
  delete(future)
  if binding.instance.written then printing.flush(binding.instance, true) end
  return false, why
end

--- Hands over what a call has left: its result to io[0], its trap to `trap`; gives the failure that Wasmtime reports. One that has not
-- ended leaves a trap that says why.
---@param ended boolean
---@param results ffi.cdata* mw_val[]
---@param io ffi.cdata* mw_raw[]
---@param out ffi.cdata* void *[2]
---@param trap ffi.cdata* void *[1]
---@param why string?
---@return ffi.cdata*? wasmtime_error_t*
function M.outcome(ended, results, io, out, trap, why)
  if not ended then
    trap[0] = wasmtime.C.wasmtime_trap_new(why, #why)
    return nil
  end
  io[0].u64 = results[0].of.u64
  local failure = out[1]
  trap[0], out[0], out[1] = out[0], nil, nil
  return failure
end

-- Begins a call of the binding's function with the arguments in binding.io; gives its future.
local function begin(binding)
  local instance, args, io, out = binding.instance, binding.args, binding.io, binding.out
  for i = 0, binding.count - 1 do
    args[i].of.u64 = io[i].u64
  end
  local future =
    wasmtime.C.wasmtime_func_call_async(binding.ctx, binding.func, args, binding.count, binding.results, binding.size, out, out + 1)
  instance.future, instance.pending, instance.computed = future, nil, 0
  running.enter(instance)
  return future
end

-- Ends a call that is done; gives what `run` does.
local function finish(binding, future, trap)
  local instance = binding.instance
  running.come = false
  instance.future = nil
  wasmtime.C.wasmtime_call_future_delete(future)
  if instance.written then printing.flush(instance, true) end
  if instance.unsent then running.exchanges.begin(instance) end
  local failure = M.outcome(true, binding.results, binding.io, binding.out, trap)
  return true, failure ~= nil or trap[0] ~= nil, failure
end

-- Goes on with a call that waits, or computes for long; gives what `run` does.
local function go_on(binding, future, limit, trap)
  local instance = binding.instance
  repeat
    if instance.written then printing.flush(instance) end
    local waits = instance.pending ~= nil
    local problem
    -- The first epoch may have come while it slept.
    if not waits then
      instance.computed = instance.computed + 1
      dispatcher.note_turn()
    end
    if waits then
      problem = rest(instance, limit)
    else
      problem = dispatcher.give_way 'funcs.call'
    end
    if instance.future ~= future then return false, M.gone() end
    if problem then return stopped(binding, future, problem) end
    if limit and clock.monotonic() >= limit then return stopped(binding, future, LATE) end
    instance.pending = nil
    running.come = waits
    running.enter(instance)
  until poll(future)
  return finish(binding, future, trap)
end

--- Runs the binding's function with the arguments in binding.io, until `limit` (monotonic nanoseconds, or nil). Gives true, whether it has
-- failed, and what Wasmtime reports, the trap in `trap`; or false and why it was stopped, and the instance is of no use any more.
---@param binding Binding
---@param limit number? monotonic nanoseconds
---@param trap ffi.cdata* void *[1]
---@return boolean done
---@return any failed whether it has failed; or why it was stopped
---@return ffi.cdata*? wasmtime_error_t*
function M.run(binding, limit, trap)
  local future = begin(binding)
  if poll(future) then return finish(binding, future, trap) end
  return go_on(binding, future, limit, trap)
end
-- What comes before and after it is compiled.
jit.off(M.run)

--- Begins as `run` does, and never waits: gives the future of a call that is not done, for `go_on`; or nil and what `run` gives.
---@param binding Binding
---@param trap ffi.cdata* void *[1]
---@return ffi.cdata*?
---@return boolean? done
---@return any failed
---@return ffi.cdata*? wasmtime_error_t*
function M.start(binding, trap)
  local future = begin(binding)
  if poll(future) then return nil, finish(binding, future, trap) end
  return future
end
jit.off(M.start)

--- Goes on with what `start` has begun; gives what `run` does.
---@param binding Binding
---@param future ffi.cdata*
---@param trap ffi.cdata* void *[1]
---@return boolean done
---@return any failed
---@return ffi.cdata*? wasmtime_error_t*
function M.go_on(binding, future, trap) return go_on(binding, future, nil, trap) end

-- Calls that may not wait ---------------------------------------------------------------------------------------------

-- Runs a call that can't come back into Lua to its end, and frees it; tells whether it got there, and if not, why.
local function drive(future)
  local C = wasmtime.C
  local ready, turns, late = C.wasmtime_call_future_poll(future), 0, false
  while not ready and not late and turns < MOST_TURNS do
    local limit = running.instance.limit
    late = limit and clock.monotonic() >= limit
    ready, turns = C.wasmtime_call_future_poll(future), turns + 1
  end
  C.wasmtime_call_future_delete(future)
  return ready, late and 'interrupt' or TOO_LONG
end

--- Calls a realloc that is known to call nothing of the host, by way of the gate: this is compiled with the code that lowers values.
---@param ctx ffi.cdata* wasmtime_context_t*
---@param realloc ffi.cdata* mw_func
---@param io ffi.cdata* mw_raw[]
---@param _ integer
---@param trap ffi.cdata* void *[1]
---@return ffi.cdata*? wasmtime_error_t*
function M.leaf(ctx, realloc, io, _, trap)
  local C = wasmtime.C
  local args, results, out = leaf_args, leaf_results, alone_out
  args[0].of.u64, args[1].of.u64, args[2].of.u64, args[3].of.u64, args[4].of.u64 = 0, 0, io[2].u32, io[3].u32, io[4].u32
  local future = C.wasmtime_func_call_async(ctx, realloc, args, 5, results, 1, out, out + 1)
  local ready, why = drive(future)
  return M.outcome(ready, results, io, out, trap, why)
end

--- Calls the post-return function of a binding, with what is in binding.io, that is known to call nothing of the host, as `leaf` does.
---@param binding Binding
---@param trap ffi.cdata* void *[1]
---@return ffi.cdata*? wasmtime_error_t*
function M.leaf_post(binding, trap)
  local C = wasmtime.C
  local args, out = binding.post_args, alone_out
  for i = 0, binding.size do
    args[i].of.u64 = binding.io[i].u64
  end
  local future = C.wasmtime_func_call_async(binding.ctx, binding.post, args, binding.size + 1, args, 0, out, out + 1)
  local ready, why = drive(future)
  return M.outcome(ready, args, binding.io, out, trap, why)
end

--- Calls a function that may not wait: gives what Wasmtime reports, the trap in `trap`. The core types are letters.
---@param instance Instance
---@param func ffi.cdata* mw_func
---@param io ffi.cdata* mw_raw[]
---@param params string
---@param results string
---@param trap ffi.cdata* void *[1]
---@return ffi.cdata*? wasmtime_error_t*
function M.alone(instance, func, io, params, results, trap)
  kinds(params, alone_args)
  for i = 0, #params - 1 do
    alone_args[i].of.u64 = io[i].u64
  end
  local future =
    wasmtime.C.wasmtime_func_call_async(instance.ctx, func, alone_args, #params, alone_results, #results, alone_out, alone_out + 1)
  local start
  instance.pending, instance.alone = nil, true
  running.enter(instance)
  local ready = poll(future)
  -- Computing takes real time, under a test clock too.
  local limit = instance.busy and instance.limit
  local late = false
  while not ready and not instance.pending do
    local now = clock.system()
    start = start or now
    late = limit and clock.monotonic() >= limit
    if late or now - start > MOST_ALONE then break end
    ready = poll(future)
  end
  delete(future)
  local why = instance.pending and 'it waits where a guest may not' or late and 'interrupt' or TOO_LONG
  instance.pending, instance.alone = nil, nil
  return M.outcome(ready, alone_results, io, alone_out, trap, why)
end

return M
