-- Calls of other lanes that are made here: those that come in letters (lua/calls/workers.lua) and in batches (lua/calls/cluster.lua).

local dispatcher = require 'lua.dispatcher.dispatcher'
local intermediate = require 'lua.values.intermediate'

local unpack = unpack

local M = {}

-- Calls with the values of a table; too many are an error of this call, made where it is caught.
local function apply(call, id, values, count) return call(id, unpack(values, 1, count)) end

--- Makes a call in a group of its own; done(value, problem, group) takes its encoded value, or nil and its encoded error.
---@param id string
---@param arguments string as lua/values/intermediate.lua encodes them
---@param along table? the context of the call
---@param call function calls by an id
---@param encode fun(id: string, value: any, err: Error?): string?, string?
---@param done fun(value: string?, problem: string?, group: TaskGroup)
---@return TaskGroup
function M.start(id, arguments, along, call, encode, done)
  local values, count = intermediate.decode_all(arguments)
  local opened = dispatcher.open_packed(function(group)
    local results = group.results or {}
    -- One that had its results when it was canceled has been counted with them.
    local err = group.problem
    if group.canceled and group.results then err = nil end
    local value, problem = encode(id, results[1], err or results[2])
    done(value, problem, group)
  end, apply, { n = 4, call, id, values, count })
  opened.main.context = along
  return opened
end

--- Cancels a call, which is answered all the same.
---@param group TaskGroup
function M.cancel(group)
  group.canceled = true
  dispatcher.cancel_group(group)
end

return M
