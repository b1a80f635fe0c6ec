-- From the host's description of a plan to one that instances are made of, with all that its guest may call of the lane.

local making = require 'lua.calls.making'
local plans = require 'lua.guest.plan'
local providers = require 'lua.imports.providers'

local M = {}

local with_tasks -- loads what async functions need of the standard library, until it has been

--- Sets what loads what async functions need of the standard library.
---@param given_tasks fun()
function M.setup(given_tasks) with_tasks = given_tasks end

-- Loads what async functions need, with the first: most scripts have none.
local function load_tasks()
  if not with_tasks then return end
  require 'lua.tasks.calls'
  require('lua.tasks.exports').setup(making, require 'lua.calls.hooks')
  with_tasks()
  with_tasks = nil
end

-- What has the packages of WASI 0.3, loaded with the first guest that imports some of them.
local PACKAGES = {
  ['wasi:cli'] = 'cli',
  ['wasi:clocks'] = 'clocks',
  ['wasi:filesystem'] = 'filesystem',
  ['wasi:http'] = 'client',
  ['wasi:random'] = 'random',
  ['wasi:sockets'] = 'sockets',
}

local function load_packages(natives)
  for _, row in ipairs(natives) do
    local package = row and not row.id and row.interface and PACKAGES[row.interface:match '^[^/]*']
    if package then require('lua.wasi.p3.' .. package) end
  end
end

--- Prepares a plan.
---@param given border.Plan
---@return Plan
function M.prepare(given)
  -- They provide functions of the host, which the plan names.
  if given.tasks then load_tasks() end
  local plan = plans.prepare(given)
  providers.equip(plan, given)
  if given.tasks then
    require('lua.tasks.state').prepare(plan, given.tasks)
    require('lua.tasks.calls').equip(plan)
    load_packages(given.tasks.natives)
  end
  return plan
end

return M
