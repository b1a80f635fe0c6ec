-- Answers Wasmtime's question what a guest shall do that is still computing when an epoch has passed: go on, give way, or end.
--
-- Wasmtime asks in the middle of the guest, on the lane's thread, often below a C call that LuaJIT has compiled; the lane's own Lua
-- state may not be entered there ("bad callback"). So this runs in a Lua state of its own, that does nothing else and is never
-- compiled (lua/lane/epochs.py makes it). It belongs to one thread: a store that another thread runs gets that thread's answerer.

local ffi = require 'ffi'
local states = require 'lua.dispatcher.epoch_state'

ffi.cdef [[
typedef struct { long seconds, nanoseconds; } mw_answer_time;
int clock_gettime(int clock, mw_answer_time *into);
void *wasmtime_error_new(const char *message);
typedef uintptr_t (*mw_epoch_answer)(uint32_t context, mw_epochs *notice, uint64_t *delta, uint8_t *kind);
]]

local MONOTONIC, THREAD_CPU = 1, 3
local CONTINUE, YIELD = 0, 1

-- How long a call must have computed since it was first seen, in nanoseconds of its thread's own: on a busy machine time passes while
-- other processes have the processor, which makes no call long.
local LONG = 2.5e6

local time = ffi.new 'mw_answer_time'

local function now(clock)
  ffi.C.clock_gettime(clock, time)
  return tonumber(time.seconds) * 1e9 + tonumber(time.nanoseconds)
end

local function is_waited_for(notice)
  return notice.others ~= 0 or notice.news ~= nil and notice.news[0] ~= 0 or notice.next_timer > 0 and now(MONOTONIC) >= notice.next_timer
end

-- Loads the library at `path`; gives the address of the answerer.
return function(path)
  local library = ffi.load(path)

  -- `interrupt` is what Wasmtime calls the end of a guest at its deadline.
  local function stop(why) return ffi.cast('uintptr_t', library.wasmtime_error_new(why)) end

  local function alone(notice)
    if now(MONOTONIC) < notice.latest then return 0 end
    return stop(notice.too_long ~= 0 and 'it computes for very long where a guest may not wait' or 'interrupt')
  end

  local function answer(_, notice, delta, kind)
    local state = notice.state
    delta[0], kind[0] = 1, state == states.FIBER and YIELD or CONTINUE
    if state == states.FIBER then return 0 end
    if state == states.ALONE then return alone(notice) end
    if state == states.BOUND then return stop 'interrupt' end
    if state == states.SHORT or state == states.LIMITED then
      notice.state, notice.computed = state + 1, now(THREAD_CPU)
      return 0
    end
    if now(THREAD_CPU) - notice.computed < LONG then return 0 end
    -- One that nobody waits for may go on.
    if state == states.SHORT_SEEN and not is_waited_for(notice) then return 0 end
    notice.interrupted = 1
    return stop 'interrupt'
  end

  -- Kept: what LuaJIT collects is not callable any more.
  _G.answer = ffi.cast('mw_epoch_answer', answer)
  return tonumber(ffi.cast('uintptr_t', _G.answer))
end
