-- Targets: what a call goes to, an export of an entry as one lane has it.

local M = {}

--- What an entry allows a call; nil where it says nothing.
---@class Limits
---@field limit_ms number? how long a call may take
---@field limit_ticks integer? the same in epochs
---@field limit_bytes integer? how large the guest's memory may grow
---@field limit_elements integer? how large its tables may
---@field limit_stack integer? how large its stack is

--- Instances that rest, for each function that may take one: a target's own, or those of all that an entry stands for.
---@class Home
---@field idle Binding? those that rest, linked by `next`
---@field counts ffi.cdata*? mw_counts of the entry, where it is counted in its parts
---@field calls_seen number? how many calls there were at the last look (lua/guest/upkeep.lua)
---@field spare Binding? an instance that was made ahead

--- An export of an entry, or a method of a resource of one.
---@class Target
---@field id string of the entry
---@field sig table the signature (lua/abi/signatures.lua)
---@field err_is_variant boolean? the err side of its result is a variant
---@field limits Limits
---@field plan Plan
---@field lift border.Lift how the export is called
---@field fresh boolean? each call has an instance of its own
---@field worldly boolean? the entry says what the guest sees of arguments, environment and folders
---@field pool Pool? how many calls may be under way
---@field failed (fun(report: table): any)? gives the error for a report of lua/wasmtime/trap.lua
---@field computed integer the most epochs that a call of it has computed
---@field counts ffi.cdata*? mw_counts, where it is counted in its parts (lua/pools/counted.lua)
---@field pair boolean? a result is given as value, err (lua/tasks/exports.lua)
---@field concurrency integer? how many calls an instance may serve at once there
---@field interrupted boolean? its last call was ended because it is long, and is made again
---@field idle Binding? those that rest, linked by `next`
---@field home Home where its instances rest: itself, where it shares them with no other function
--- How long its calls are (lua/calls/turns.lua):
---@field short boolean? many were short in a row, so they are synchronous
---@field long boolean? the last one left the lane
---@field quick integer? how many short calls in a row speak for `short`
---@field hasty integer? how many calls elsewhere in a row could have been here
---@field enough number? how many `quick` ones are enough
---@field moves boolean? another thread may go on with them
--- While nobody calls it (lua/guest/upkeep.lua):
---@field calls_seen number? how many calls there were at the last look
---@field prepares boolean? an instance is made ahead of each call
---@field preparing boolean? one is about to be
---@field spare Binding? that one

--- Makes a target.
---@param entry table {id =, limit_ms =, worldly =, ...} as the host says it (lua/border/entries.lua)
---@param sig table
---@param err_is_variant boolean?
---@param more {plan: Plan, lift: border.Lift, fresh: boolean, pool: table, home: Home?} how it is called
---@return Target
function M.new(entry, sig, err_is_variant, more)
  ---@type Target
  local target = {
    id = entry.id,
    sig = sig,
    err_is_variant = err_is_variant,
    limits = {
      limit_ms = entry.limit_ms,
      limit_ticks = entry.limit_ticks,
      limit_bytes = entry.limit_bytes,
      limit_elements = entry.limit_elements,
      limit_stack = entry.limit_stack,
    },
    plan = more.plan,
    lift = more.lift,
    fresh = more.fresh,
    worldly = entry.worldly,
    pool = more.pool,
    failed = nil,
    computed = 0,
    counts = nil,
    interrupted = nil,
    pair = nil,
    concurrency = nil,
    idle = nil,
    home = nil,
    short = nil,
    long = nil,
    quick = nil,
    hasty = nil,
    enough = nil,
    moves = nil,
    calls_seen = nil,
    prepares = nil,
    preparing = nil,
    spare = nil,
  }
  target.home = more.home or target
  return target
end

--- Makes a place where instances of several functions rest.
---@return Home
function M.home() return { idle = nil, counts = nil, calls_seen = nil, spare = nil } end

return M
