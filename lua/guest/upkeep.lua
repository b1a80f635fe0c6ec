-- Instances while nobody calls them: those that have long been idle end, and one is prepared for the next call that wants a fresh one.

local clock = require 'lua.dispatcher.clock'
local dispatcher = require 'lua.dispatcher.dispatcher'

local monotonic = clock.monotonic

local M = {}

-- How often it is looked for what is idle, and what has been for so long ends, in nanoseconds: 30 seconds at most in all.
local LOOK, LONG = 5e9, 25e9

local looked_after, looking = {}, false -- E -> how many of its instances stay, though idle
local hooks, make, discard -- as lua/calls/hooks.lua has them

local function calls_of(E)
  local counts = E.counts
  return counts and counts.calls + counts.between - counts.left
end

-- Tells whether no other entry that shares an instance has used it for long, or keeps it though idle.
local function unused_by_others(E, I, now)
  for home in pairs(I.homes) do
    if home ~= E then
      local keep, calls, B = looked_after[home], calls_of(home), home.idle
      if keep ~= 0 or calls and calls ~= home.calls_seen or B and now - (B.rested or now) < LONG then return false end
    end
  end
  return true
end

-- Ends those of an entry's idle instances that have been so for long; gives how many are left that may end one day.
local function look_at(E, keep, now)
  local calls = calls_of(E)
  -- The one that a function uses that can't wait is always the first, and nothing but this count tells that it was used.
  if calls and calls ~= E.calls_seen and E.idle then E.idle.rested = now end
  E.calls_seen = calls
  local B, place, left = E.idle, 0, 0
  while B do
    local next = B.next
    place = place + 1
    B.rested = B.rested or now
    -- Another entry's call may be asleep in an instance that they share.
    if place > keep and B.I.live == 0 then
      if not B.I.busy and now - B.rested >= LONG and unused_by_others(E, B.I, now) then
        discard(B.I)
      else
        left = left + 1
      end
    end
    B = next
  end
  local spare = E.spare
  if spare and now - spare.rested >= LONG then
    E.spare = nil
    discard(spare.I)
  elseif spare then
    left = left + 1
  end
  return left
end

local function look()
  looking = false
  local now = monotonic()
  for E, keep in pairs(looked_after) do
    if look_at(E, keep, now) > 0 then looking = true end
  end
  if looking then dispatcher.background_timer(now + LOOK, look) end
end

-- Makes an instance for the next call of E.
local function prepare(E)
  E.preparing = false
  if E.spare then return end
  local B = make(E)
  -- What is wrong is told to who calls.
  if not B then return end
  B.rested = monotonic()
  E.spare = B
end

--- Has instances of E looked after. `pool` is what the host says of it: {type =}.
function M.add(E, pool)
  if pool.type == 'lazy' or pool.type == 'adaptive' then looked_after[E] = pool.type == 'adaptive' and 1 or 0 end
  E.prepares = E.fresh and pool.type ~= 'inline'
end

--- Has the hooks of lua/calls/hooks.lua take prepared instances and say when one is made or used.
function M.watch(given, discard_instance)
  hooks, make, discard = given, given.make, discard_instance

  function hooks.make(E)
    local B, err = E.spare, nil
    if B then
      E.spare = nil
    else
      B, err = make(E)
    end
    if not B then return nil, err end
    if E.prepares and not E.preparing then
      E.preparing = true
      dispatcher.background_timer(0, prepare, E)
    end
    if not looking and (looked_after[E] or E.prepares) then
      looking = true
      dispatcher.background_timer(monotonic() + LOOK, look)
    end
    return B
  end

  local acquire = hooks.acquire
  function hooks.acquire(E)
    local B, err, waited = acquire(E)
    if B then B.rested = nil end
    return B, err, waited
  end
end

--- Makes the first instance of E, if it keeps any.
function M.warm(E)
  if E.idle or E.spare then return end
  if E.fresh then
    if E.prepares then prepare(E) end
    return
  end
  local B = hooks.make(E)
  if B then
    B.next, E.idle = E.idle, B
  end
end

return M
