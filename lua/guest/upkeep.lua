-- Instances while nobody calls them: those that have long been idle end, and one is prepared for the next call that wants a fresh one.

local clock = require 'lua.dispatcher.clock'
local dispatcher = require 'lua.dispatcher.dispatcher'

local monotonic = clock.monotonic

local M = {}

-- How often idle instances are looked for, and how long one may be idle before it ends, in nanoseconds: so 30 seconds at most.
local LOOK, LONG = 5e9, 25e9

local looked_after, looking = {}, false -- home -> how many of its instances stay, though idle
local make, discard -- lua/calls/making.lua's, set by `setup`

local function calls_of(home)
  local counts = home.counts
  return counts and counts.calls + counts.between - counts.left
end

-- Tells whether no other entry that shares an instance has used it for long, or keeps it though idle.
local function unused_by_others(own, instance, now)
  for home in pairs(instance.homes) do
    if home ~= own then
      local keep, calls, binding = looked_after[home], calls_of(home), home.idle
      if keep ~= 0 or calls and calls ~= home.calls_seen or binding and now - (binding.rested or now) < LONG then return false end
    end
  end
  return true
end

-- Ends those of an entry's idle instances that have been so for long; gives how many are left that may end one day.
local function look_at(home, keep, now)
  local calls = calls_of(home)
  -- A function that can't wait always uses the first one, and only this count tells that it was used.
  if calls and calls ~= home.calls_seen and home.idle then home.idle.rested = now end
  home.calls_seen = calls
  local binding, place, left = home.idle, 0, 0
  while binding do
    local next = binding.next
    place = place + 1
    binding.rested = binding.rested or now
    -- Another entry's call may be asleep in an instance that they share.
    if place > keep and binding.instance.live == 0 then
      if not binding.instance.busy and now - binding.rested >= LONG and unused_by_others(home, binding.instance, now) then
        discard(binding.instance)
      else
        left = left + 1
      end
    end
    binding = next
  end
  local spare = home.spare
  if spare and now - spare.rested >= LONG then
    home.spare = nil
    discard(spare.instance)
  elseif spare then
    left = left + 1
  end
  return left
end

local function look()
  looking = false
  local now = monotonic()
  for home, keep in pairs(looked_after) do
    if look_at(home, keep, now) > 0 then looking = true end
  end
  if looking then dispatcher.background_timer(now + LOOK, look) end
end

-- Makes an instance for the next call of target.
local function prepare(target)
  target.preparing = false
  if target.spare then return end
  local binding = make(target)
  -- A problem is reported to the caller.
  if not binding then return end
  binding.rested = monotonic()
  target.spare = binding
end

--- Has instances of target looked after. `pool` is what the host says of it: {type =}.
---@param target Target
---@param pool border.PoolBounds
function M.add(target, pool)
  target.home.counts = target.counts or target.home.counts
  if pool.type == 'lazy' or pool.type == 'adaptive' then looked_after[target.home] = pool.type == 'adaptive' and 1 or 0 end
  target.prepares = target.fresh and pool.type ~= 'inline'
end

--- Gives the instance that was prepared for a target, or nil.
---@param target Target
---@return Binding?
function M.take_prepared(target)
  local spare = target.spare
  target.spare = nil
  return spare
end

--- Says that a call of a target has got an instance: the next one may be prepared, and somebody looks whether they are idle.
---@param target Target
function M.used(target)
  if target.prepares and not target.preparing then
    target.preparing = true
    dispatcher.background_timer(0, prepare, target)
  end
  if not looking and (looked_after[target.home] or target.prepares) then
    looking = true
    dispatcher.background_timer(monotonic() + LOOK, look)
  end
end

--- Prepares an instance for the first call of a target that takes a fresh one for each.
---@param target Target
function M.warm(target)
  if target.prepares then prepare(target) end
end

--- Sets what makes an instance, make(target) -> binding or nil, and what ends one, discard(instance).
---@param given_make function
---@param given_discard function
function M.setup(given_make, given_discard)
  make, discard = given_make, given_discard
end

return M
