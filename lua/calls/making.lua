-- From an entry to an instance that a call of it can use: made, prepared ahead, at rest, ended.

local bindings = require 'lua.guest.binding'
local buffer = require 'string.buffer'
local counted = require 'lua.pools.counted'
local errors = require 'lua.values.errors'
local handles = require 'lua.guest.handles'
local instances = require 'lua.guest.instance'
local mappings = require 'lua.wasmtime.mappings'
local pools = require 'lua.pools.pools'
local reports = require 'lua.guest.reports'
local stack = require 'lua.guest.stack'
local upkeep = require 'lua.guest.upkeep'

local M = {}

local host -- the Python functions of lua/calls/entries.py by name, set by `setup`
local failure = reports.failure

--- Drops the handles that scripts do not hold any more.
function M.drain()
  -- Methods of handles come here, too.
  if stack.on then stack.leave() end
  if handles.pending() then handles.drain() end
end

-- What a guest sees -----------------------------------------------------------------------------------------------------

-- The folders that instances of a target get (lua/wasi/files/open.lua); or nil, err.
local function folders(target)
  ---@type border.Folders|border.Failure
  local given = buffer.decode(host.folders(target.id))
  if given.failed then return nil, failure(given.kind, given.message, { entry = target.id }) end
  return given
end

-- What a call that is made now sees of the world, and the same as text; false when that is the text `before`; or nil, err.
local function world_of(target, before)
  local seen = host.world(target.id)
  if seen == before then return false end
  ---@type border.SeenWorld|border.Failure
  local world = buffer.decode(seen)
  if world.failed then return nil, failure(world.kind, world.message, { entry = target.id }) end
  return world, seen
end

--- Lets the guest see what a call that is made now sees of the world.
---@param target Target
---@param instance Instance
---@return boolean? done nil, when it can't
---@return any changed whether it saw something else before; or the error
function M.look(target, instance)
  if not target.worldly then return true end
  local world, seen = world_of(target, instance.seen)
  if world == nil then return nil, seen end
  if not world then return true, false end
  local changed = instance.seen ~= nil
  instance.world, instance.seen = world, seen
  return true, changed
end

-- Making ----------------------------------------------------------------------------------------------------------------

local function no_room(target, most)
  return failure(
    errors.kinds.UNAVAILABLE,
    (
      '%s: no more guests can wait at once in this process, which may have %d memory mappings: '
      .. 'try again when some are done, or raise vm.max_map_count'
    ):format(target.sig.name, most),
    { entry = target.id, retryable = true }
  )
end

-- A new instance; or nil, err.
local function instantiate(target)
  local plan = target.plan
  if plan.waits then
    local room, most = mappings.take(plan.small, plan.more_mappings)
    if not room then return nil, no_room(target, most) end
  end
  local files, world, seen
  if target.worldly and plan.linker then
    world, seen = world_of(target)
    if not world then return nil, seen end
  end
  if plan.files then
    local problem
    files, problem = folders(target)
    if not files then return nil, problem end
  end
  local instance, report = instances.new(plan, target.limits, world, files, target.id)
  if not instance then return nil, target.failed(report) end
  instance.seen, instance.maker = seen, target.id
  return instance
end

--- Makes an instance that many calls share (lua/tasks); or nil, err.
---@param target Target
---@return Instance?
---@return any err
function M.make_shared(target)
  M.drain()
  local instance, err = instantiate(target)
  if not instance then return nil, counted.failed(target, err) end
  counted.made(target, instance)
  return instance
end

-- A binding to an instance that nobody uses; or nil, err. All entries of a component with resources share one instance, because a handle
-- works only where it was made and is to be passed from one entry to another.
local function bind(target)
  M.drain()
  local plan = target.plan
  local shared = not target.fresh and plan.resident or nil
  local instance = shared
  if not shared then
    local err
    instance, err = instantiate(target)
    if not instance then return nil, err end
  end
  local binding, report = bindings.bind(instance, target.lift)
  if not binding then
    if not shared then instances.delete(instance) end
    return nil, target.failed(report)
  end
  instance.fresh = target.fresh
  instance.homes[target.home] = true
  if not shared and not target.fresh and plan.resources[1] then plan.resident = instance end
  return binding
end

-- The same, counted.
local function make(target)
  local binding, err = bind(target)
  if not binding then return nil, counted.failed(target, err) end
  counted.made(target, binding.instance)
  return binding
end

--- Gives an instance for a call: one that was prepared, or a new one.
---@param target Target
---@return Binding?
---@return any err
function M.make(target)
  local binding = upkeep.take_prepared(target)
  if not binding then
    local err
    binding, err = make(target)
    if not binding then return nil, err end
  end
  upkeep.used(target)
  return binding
end

--- Gives the export of a target on the instance of another function's binding, which was taken from where both rest; or nil, err.
---@param target Target
---@param binding Binding
---@return Binding?
---@return any err
function M.rebind(target, binding)
  local known = binding.instance.bindings[target.lift.export]
  if known then return known end
  local made, report = bindings.bind(binding.instance, target.lift)
  if made then return made end
  local home = target.home
  binding.next, home.idle = home.idle, binding
  return nil, counted.failed(target, target.failed(report))
end

--- Makes the first instance of a target, if it keeps any, before it is called.
---@param target Target
function M.warm(target)
  local home = target.home
  if home.idle or home.spare then return end
  if target.fresh then return upkeep.warm(target) end
  local binding = M.make(target)
  if binding then
    binding.next, home.idle = home.idle, binding
  end
end

-- Ending ----------------------------------------------------------------------------------------------------------------

--- Tells whether an instance waits in a pool for its next call.
---@param instance Instance
---@return boolean
function M.rests(instance)
  if instance.busy then return false end
  for home in pairs(instance.homes) do
    local binding = home.idle
    while binding do
      if binding.instance == instance then return true end
      binding = binding.next
    end
  end
  return false
end

-- Takes an instance out of those that rest.
local function remove(home, instance)
  local before
  local binding = home.idle
  while binding do
    if binding.instance ~= instance then
      before = binding
    elseif before then
      before.next = binding.next
    else
      home.idle = binding.next
    end
    binding = binding.next
  end
end

--- Ends an instance after a failure; its call's place is free, and no pool has it any more.
---@param instance Instance
function M.discard(instance)
  instances.delete(instance)
  if instance.stay then pools.leave(instance.stay) end
  instance.stay = nil
  if instance.plan.resident == instance then instance.plan.resident = nil end
  for home in pairs(instance.homes) do
    remove(home, instance)
  end
end

--- Ends the instance of a call that had it for itself, unless the script holds a resource of it.
---@param binding Binding
function M.dispose(binding)
  if binding.instance.live == 0 then instances.delete(binding.instance) end
end

--- Ends, after a call on the instance of a handle, one that was made for a single call, with its last handle.
---@param binding Binding
function M.release(binding)
  if binding.instance.fresh then M.dispose(binding) end
end

--- Sets the host's functions.
---@param given table<string, function>
function M.setup(given)
  host = given
  instances.on_ended(counted.ended)
  upkeep.setup(make, M.discard)
end

return M
