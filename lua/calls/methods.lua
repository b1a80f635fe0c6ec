-- Methods of the handles that scripts hold.

local buffer = require 'string.buffer'
local direct = require 'lua.calls.direct'
local errors = require 'lua.values.errors'
local handles = require 'lua.guest.handles'
local making = require 'lua.calls.making'
local reports = require 'lua.guest.reports'

local error, type = error, type

local M = {}

local host -- the Python functions of lua/calls/entries.py by name, set by `setup`

local of_plans = {} -- key of a plan -> name of an export -> function, or false where there is none

local function of_plan(plan, export)
  local known = of_plans[plan.key]
  if not known then
    known = {}
    of_plans[plan.key] = known
  end
  if known[export] == nil then
    ---@type border.Lift?
    local lift = buffer.decode(host.method(plan.key, export))
    known[export] = lift and (direct.bind(plan.entry, plan, lift, false)) or false
  end
  return known[export] or nil
end

-- The function for a handle's method: found by its WIT name, `_` standing for `-`.
local function find(state, name)
  if type(name) ~= 'string' then return nil end
  name = name:gsub('_', '-')
  local plan = state.instance.plan
  local resource = plan.resources[state.resource]
  local export = (resource.interface and resource.interface .. '#' or '') .. ('[method]%s.%s'):format(resource.name, name)
  return of_plan(plan, export)
end

--- Has the methods looked up anew, because the registry has changed.
function M.reset() of_plans = {} end

--- Sets the host's functions, and gives handles their methods.
---@param given table<string, function>
function M.setup(given)
  host = given
  handles.setup(
    find,
    function(report) error(reports.failure(errors.kinds.INTERNAL, report.reason, { wasm_backtrace = report.frames }), 0) end,
    making.discard,
    function(made, called) return buffer.decode(given.difference(made, called)) end
  )
end

return M
