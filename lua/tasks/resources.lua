-- The built-ins for a component's resources, and for error contexts, which join those of lua/tasks/natives.lua.

local jobs = require 'lua.tasks.jobs'
local memory = require 'lua.guest.memory'
local natives = require 'lua.tasks.natives'
local protocol = require 'lua.guest.protocol'
local states = require 'lua.tasks.state'
local tables = require 'lua.tasks.tables'

local makers, finish, who_of, home_of, trap = natives.makers, natives.finish, natives.who_of, natives.home_of, protocol.trap

makers['resource.new'] = function(row)
  return function(instance, io)
    local state = states.of(instance)
    local entry = { kind = 'resource', resource = row.resource, rep = io[0].u32, own = true, lends = 0 }
    return finish(state, io, tables.add(home_of(state, row).table, entry))
  end
end

local function resource_of(state, row, index)
  local entry = tables.of_kind(home_of(state, row).table, index, 'resource')
  if entry.resource ~= row.resource then trap(('handle index %d used with the wrong type: it is of another resource'):format(index)) end
  return entry
end

makers['resource.rep'] = function(row)
  return function(instance, io)
    local state = states.of(instance)
    return finish(state, io, resource_of(state, row, io[0].u32).rep)
  end
end

makers['resource.drop'] = function(row)
  -- What a library hands out is collected; what the host does is dropped.
  local drop = row.name and not row.id and natives.hosts[row.name]
  return function(instance, io)
    local state, index = states.of(instance), io[0].u32
    local entry = resource_of(state, row, index)
    if entry.lends > 0 then trap 'cannot remove owned resource while borrowed' end
    tables.remove(home_of(state, row).table, index)
    if not entry.own then
      entry.task.borrows = entry.task.borrows - 1
      return finish(state, io)
    end
    if drop then drop(entry.value) end
    local dtor = state.plan.destructors[row.resource]
    if not dtor or dtor < 0 then return finish(state, io) end
    local over = false
    jobs.push(state, {
      callee = states.callee(state, dtor),
      task = state.current,
      prepare = function(_, out) out[0].u64 = entry.rep end,
      done = function() over = true end,
    }, true)
    return jobs.wait(state, io, { ready = function() return over end, finish = function() end })
  end
end

-- Error contexts ----------------------------------------------------------------------------------------------------------------

makers['error-context.new'] = function(row)
  return function(instance, io)
    local state = states.of(instance)
    local who = who_of(state, row)
    instance.memory = who.memory
    local text = memory.bytes(instance, io[0].u32, io[1].u32)
    return finish(state, io, tables.add(who.home.table, { kind = 'error-context', text = text }))
  end
end

makers['error-context.debug-message'] = function(row)
  return function(instance, io)
    local state = states.of(instance)
    local who, at, over = who_of(state, row), io[1].u32, false
    local text = tables.of_kind(who.home.table, io[0].u32, 'error-context').text
    local places = { { size = #text, align = 1 } }
    states.make_room(who, places, row.realloc, function()
      instance.memory = who.memory
      memory.put_bytes(instance, at, places[1], text)
      over = true
    end, true)
    return jobs.wait(state, io, { ready = function() return over end })
  end
end

makers['error-context.drop'] = function(row)
  return function(instance, io)
    local state, index = states.of(instance), io[0].u32
    local t = home_of(state, row).table
    tables.of_kind(t, index, 'error-context')
    tables.remove(t, index)
    return finish(state, io)
  end
end
