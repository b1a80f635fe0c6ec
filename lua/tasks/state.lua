-- What an instance of WASI 0.3 has: its component instances, the memories and callees of its guest, the queue of its jobs.

local build = require 'lua.guest.build'
local ends = require 'lua.tasks.ends'
local errors = require 'lua.values.errors'
local fibers = require 'lua.guest.fibers'
local ffi = require 'ffi'
local jobs = require 'lua.tasks.jobs'
local linking = require 'lua.guest.linking'
local protocol = require 'lua.guest.protocol'
local signatures = require 'lua.abi.signatures'
local tables = require 'lua.tasks.tables'
local wasmtime = require 'lua.wasmtime.api'

local M = {}

local found = ffi.new 'mw_extern[1]'

--- Makes what a plan has for tasks ready.
---@param plan Plan
---@param given table border.Tasks
function M.prepare(plan, given)
  local tasks = given
  tasks.by_number = {}
  for _, each in ipairs(tasks.foreign) do
    tasks.by_number[each.number] = each.name
  end
  local function link(row)
    if not row or not row.signature then return end
    signatures.link(row.signature)
    for _, t in ipairs(row.signature.types) do
      if t.kind == 'own' or t.kind == 'borrow' then
        t.tasks = true
        if tasks.by_number[t.resource] then t.foreign = true end
      end
    end
  end
  for _, lifted in ipairs(tasks.lifted) do
    link(lifted)
  end
  for _, native in ipairs(tasks.natives) do
    link(native)
  end
  plan.tasks = tasks
end

--- A component instance.
---@class HomeState
---@field number integer
---@field table HandleTable
---@field exclusive table? the task that has it for itself
---@field backpressure integer
---@field entering table[] tasks that wait to enter, in order
---@field blocked CalleeJob[] those of tasks that wait for it
---@field admit fun()? lets those in that may enter

---@param number integer
---@return HomeState
local function new_home(number)
  return { number = number, table = tables.new(), exclusive = nil, backpressure = 0, entering = {}, blocked = {}, admit = nil }
end

--- Makes the state of an instance.
---@param instance Instance
---@return table
function M.new(instance)
  local tasks = instance.plan.tasks
  local state = {
    instance = instance,
    plan = tasks,
    homes = {},
    homes_of = {},
    foreign = tasks.by_number,
    queue = {},
    head = 1,
    tail = 1,
    top = nil,
    depth = 0,
    current = nil,
    -- What stands for the task of start functions, and of what is called besides tasks.
    making = { lifted = {}, phase = 'started', storage = { 0, 0 }, borrows = 0 },
    kicked = false,
    pumping = false,
    sleeper = nil,
    yielders = {},
    ticket = nil,
    dead = nil,
    memories = {},
    filled = {},
    io = nil,
    count = 0, -- tasks that have not ended
    settled = nil, -- called when the last has
    calls = {}, -- those who wait for a call from Lua, as keys
    shared = setmetatable({}, { __mode = 'k' }), -- streams and futures with an end in Lua
  }
  for number = 0, tasks.count - 1 do
    state.homes[number] = new_home(number)
  end
  for resource, home in ipairs(tasks.homes) do
    state.homes_of[resource] = state.homes[home]
  end
  state.pending = { work = jobs.sleep(state) }
  function state.drive()
    local binding = state.binding
    if not binding then
      binding = { instance = instance, ctx = instance.ctx, io = ffi.new 'mw_raw[2]' }
      binding.func = build.take_func(instance, { group = 1, name = 'drive', late = 0 })
      fibers.equip(binding, '', '')
      state.binding = binding
    end
    return binding
  end
  state.make_room, state.fail = M.make_room, M.fail
  -- Ends a resource that a script had.
  function state.destroy(resource, rep)
    local dtor = tasks.destructors[resource]
    if not dtor or dtor < 0 then return nil end
    jobs.push(state, { callee = M.callee(state, dtor), prepare = function(_, io) io[0].u64 = rep end })
  end
  return state
end

--- Gives the state of an instance, made when it is first needed.
---@param instance Instance
---@return table
function M.of(instance)
  local state = instance.tasks
  if not state then
    state = M.new(instance)
    instance.tasks = state
  end
  if not state.io then
    build.take_func(instance, { group = 1, name = 'drive', late = 0 })
    build.export(instance, instance.plan.groups_at, 'tasks', found)
    local memory = ffi.new('mw_memory', found[0].of.memory)
    state.io = ffi.cast('mw_raw *', wasmtime.C.wasmtime_memory_data(instance.ctx, memory))
  end
  return state
end

--- Gives a memory of the guest by its number, from 1; nil for nil.
---@param state table
---@param number integer?
---@return ffi.cdata*?
function M.memory(state, number)
  if not number then return nil end
  local memory = state.memories[number]
  if not memory then
    memory = build.take_memory(state.instance, state.plan.memories[number])
    state.memories[number] = memory
  end
  return memory
end

--- Makes a callee ready to be run; gives its number, from 0.
---@param state table
---@param number integer
---@return integer
function M.callee(state, number)
  if not state.filled[number] then
    local callee, instance = state.plan.callees[number + 1], state.instance
    local func = build.take_func(instance, callee.func)
    build.export(instance, instance.plan.groups_at, 'late', found)
    linking.fill(instance, ffi.new('mw_table', found[0].of.table), callee.slot, func)
    state.filled[number] = true
  end
  return number
end

--- Asks a guest's realloc for memory: each of `places` gets its address `at`; then done() is called.
---@param who table whose memory it is
---@param places table[]
---@param realloc integer? the callee
---@param done fun()
---@param first boolean? before all other jobs
function M.make_room(who, places, realloc, done, first)
  local state, i = who.state, 1
  local memory = who.memory
  if not realloc then protocol.trap 'values need memory of the guest, and it names no realloc function' end
  M.callee(state, realloc)
  ---@type CalleeJob
  local job
  job = {
    callee = realloc,
    -- It has a context of its own.
    task = { lifted = {}, phase = 'started', storage = { 0, 0 }, borrows = 0, home = who.home },
    prepare = function(_, io)
      local place, own = places[i], job.task.storage
      own[1], own[2] = 0, 0
      io[0].u64, io[1].u64, io[2].u64, io[3].u64 = 0, 0, place.align, place.size
    end,
    done = function(_, io)
      local place, at = places[i], io[0].u32
      local size = tonumber(wasmtime.C.wasmtime_memory_data_size(state.instance.ctx, memory))
      if at + place.size > size then
        protocol.trap "realloc return: beyond end of memory: the guest's realloc gave memory that it does not have"
      end
      if at % place.align ~= 0 then protocol.trap "realloc return: result not aligned: the guest's realloc gave an unaligned address" end
      place.at, i = at, i + 1
      if places[i] then return jobs.push(state, job, true) end
      done()
    end,
  }
  jobs.push(state, job, first)
end

--- Ends all that waits for an instance that has failed.
---@param state table
function M.fail(state)
  local report, calls = state.dead, state.calls
  state.calls = {}
  M.discard(state.instance)
  for call in pairs(calls) do
    call(report)
  end
  for shared in pairs(state.shared) do
    -- Its writers and its readers do not wait for it any more.
    if shared.reader == state then ends.abandon(shared) end
    shared.failed = report
    if shared.lost then shared.lost(report) end
  end
end

--- Sets what ends an instance wherever it is kept.
---@param discard fun(instance: Instance)
function M.setup(discard) M.discard = discard end

M.errors = errors

return M
