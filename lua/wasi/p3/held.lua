-- Resources of the host as Lua has them: opaque values, of which only the host knows what is behind them. Scripts may get some, as the
-- result of a guest's function, and hand them on.

local handles = require 'lua.tasks.handles'
local protocol = require 'lua.guest.protocol'

local setmetatable, error = setmetatable, error

--- A kind of resource.
---@class HeldKind
---@field new fun(data: table): table makes one
---@field of fun(value: any): table gives what is behind one; a trap for what is none
---@field take fun(value: any): table the same for one that is used up
---@field peek fun(value: any): table? gives what is behind one, or nil
---@field mine fun(who: table, value: any): table as `of`, for what has an `instance`: a trap where that is not the caller's

--- Makes a kind; `resource` is such as 'wasi:http/types#fields'.
---@param resource string
---@return HeldKind
return function(resource)
  local held = setmetatable({}, { __mode = 'k' })
  local meta = {
    __metatable = resource,
    __tostring = function() return resource end,
    __newindex = function() error("a resource can't be changed", 2) end,
  }
  local function peek(value) return held[value] end
  local function of(value)
    local data = value ~= nil and held[value]
    if not data then protocol.trap(('expected a %s that was not used up'):format(resource)) end
    return data
  end
  handles.is_held[resource] = function(value) return value ~= nil and held[value] ~= nil end
  return {
    new = function(data)
      local value = setmetatable({}, meta)
      held[value] = data
      return value
    end,
    of = of,
    take = function(value)
      local data = of(value)
      held[value] = nil
      return data
    end,
    peek = peek,
    mine = function(who, value)
      local data = of(value)
      if data.instance ~= who.instance then protocol.trap(('a %s of another instance'):format(resource)) end
      return data
    end,
  }
end
