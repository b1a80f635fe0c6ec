-- WASI 0.1 for core modules: arguments, environment, clocks, randomness and polling; what has to do with descriptors is beside it.
-- Source: wasi_snapshot_preview1.witx.

local ffi = require 'ffi'
local clock = require 'lua.dispatcher.clock'
local descriptors = require 'lua.wasi.p1.descriptors'
local linking = require 'lua.guest.linking'
local memory = require 'lua.guest.memory'
local printing = require 'lua.guest.printing'
local protocol = require 'lua.guest.protocol'
local random = require 'lua.wasi.p2.random'
local results = require 'lua.wasi.p1.results'
local running = require 'lua.guest.running'
local stdin = require 'lua.wasi.stdin'
require 'lua.wasi.p1.input_output'
require 'lua.wasi.p1.paths'

local SUCCESS, BADF, INVALID = results.SUCCESS, results.BADF, results.INVAL
local plain, finish = results.plain, results.finish

-- The realtime clock is 0.
local MONOTONIC = 1

local cast = ffi.cast
local p16, p32, p64 = ffi.typeof 'uint16_t *', ffi.typeof 'uint32_t *', ffi.typeof 'uint64_t *'

-- Arguments and environment ------------------------------------------------------------------------------------------

local function arguments(instance) return instance.world.args end

local function environment(instance)
  local out = {}
  for i, pair in ipairs(instance.world.env) do
    out[i] = pair[1] .. '=' .. pair[2]
  end
  return out
end

local function sizes(list)
  return plain(function(instance, io)
    local texts, bytes = list(instance), 0
    for _, text in ipairs(texts) do
      bytes = bytes + #text + 1
    end
    memory.put32(instance, io[0].u32, #texts)
    memory.put32(instance, io[1].u32, bytes)
    return SUCCESS
  end)
end

local function contents(list)
  return plain(function(instance, io)
    local pointers, at = io[0].u32, io[1].u32
    for i, text in ipairs(list(instance)) do
      memory.put32(instance, pointers + 4 * (i - 1), at)
      ffi.copy(memory.at(instance, at, #text + 1), text, #text + 1)
      at = at + #text + 1
    end
    return SUCCESS
  end)
end

-- Clocks -------------------------------------------------------------------------------------------------------------

local function now(id)
  if id == MONOTONIC then return clock.monotonic() + 0ULL end
  local seconds, nanoseconds = clock.wall()
  return seconds * 1000000000ULL + nanoseconds
end

local function clock_time_get(instance, io)
  local id, ret = io[0].u32, io[2].u32
  if id > MONOTONIC then return INVALID end
  memory.put64(instance, ret, now(id))
  return SUCCESS
end

local function clock_res_get(instance, io)
  if io[0].u32 > MONOTONIC then return INVALID end
  memory.put64(instance, io[1].u32, 1)
  return SUCCESS
end

-- Polling ------------------------------------------------------------------------------------------------------------

local SUBSCRIPTION, EVENT = 48, 32
local CLOCK, READ = 0, 1
-- More than any guest polls.
local MOST_SUBSCRIPTIONS = 4096
-- Later than any clock shows.
local NEVER = 2 ^ 62

-- What is ready when a standard stream is; nil for one that always is.
local function source_of(instance, stream, to_read)
  local console = instance.plan.console
  if (stream == 'stdin') ~= to_read then return nil end
  if to_read then return console and console.stdin or stdin.source end
  return console and console[stream].source
end

-- A subscription: {userdata =, type =, deadline = or errno = or source =}.
local function subscription(instance, base)
  local words, halves = cast(p64, base), cast(p16, base)
  local s = { userdata = words[0], type = base[8] }
  if s.type ~= CLOCK then
    local descriptor = descriptors.get(instance, cast(p32, base)[4])
    if not descriptor then s.errno = BADF end
    if descriptor and descriptor.stream then s.source = source_of(instance, descriptor.stream, s.type == READ) end
    return s
  end
  local id, timeout = cast(p32, base)[4], words[3]
  if id > MONOTONIC then
    s.errno = INVALID
    return s
  end
  local ns = tonumber(timeout)
  if halves[20] % 2 == 1 then
    -- A moment of its clock; the difference is taken exactly.
    local from = now(id)
    ns = timeout > from and tonumber(timeout - from) or 0
  end
  s.deadline = math.min(clock.monotonic() + ns, NEVER)
  return s
end

local function is_ready(s)
  if s.errno then return true end
  if s.deadline then return s.deadline <= clock.monotonic() end
  return not s.source or s.source.ready()
end

local function poll_oneoff(instance, io)
  local from, into, count, ret = io[0].u32, io[1].u32, io[2].u32, io[3].u32
  if count == 0 or count > MOST_SUBSCRIPTIONS then return finish(instance, io, INVALID) end
  local base = memory.at(instance, from, SUBSCRIPTION * count, 8)
  memory.at(instance, into, EVENT * count, 8)
  memory.at(instance, ret, 4, 4)
  local all, pending = {}, {}
  for i = 1, count do
    local s = subscription(instance, base + SUBSCRIPTION * (i - 1))
    all[i] = s
    if s.deadline and (not pending.deadline or s.deadline < pending.deadline) then pending.deadline = s.deadline end
    if s.source then
      pending.sources = pending.sources or {}
      table.insert(pending.sources, s.source)
    end
    if s.errno or not s.deadline and not s.source then pending.deadline = 0 end
  end

  return protocol.wait(instance, io, pending, function(_, out)
    local ready = 0
    for _, s in ipairs(all) do
      if is_ready(s) then
        local event = memory.at(instance, into + EVENT * ready, EVENT, 8)
        ffi.fill(event, EVENT)
        cast(p64, event)[0] = s.userdata
        cast(p16, event)[4] = s.errno or SUCCESS
        event[10] = s.type
        if s.type ~= CLOCK then cast(p64, event)[2] = 1 end
        ready = ready + 1
      end
    end
    if ready == 0 then return protocol.wait(instance, out, pending, instance.after) end
    memory.put32(instance, ret, ready)
    return finish(instance, out, SUCCESS)
  end)
end

linking.provide('wasi_snapshot_preview1', {
  args_sizes_get = sizes(arguments),
  args_get = contents(arguments),
  environ_sizes_get = sizes(environment),
  environ_get = contents(environment),
  clock_res_get = plain(clock_res_get),
  clock_time_get = plain(clock_time_get),
  random_get = plain(function(instance, io)
    local size = io[1].u32
    if size > random.MOST then return INVALID end
    random.fill(memory.at(instance, io[0].u32, size), size)
    return SUCCESS
  end),
  sched_yield = function(instance, io)
    return protocol.wait(instance, io, printing.soon, function(_, out) return finish(instance, out, SUCCESS) end)
  end,
  proc_exit = function(instance, io) return running.exit(instance, io[0].u32) end,
  poll_oneoff = poll_oneoff,
})
