-- Functions of the Python program that has opened the project (lua/calls/callables.py): a call is made on a thread, or on the program's
-- event loop, while other tasks of the lane go on.

local away = require 'lua.dispatcher.away'
local callbacks = require 'lua.lane.ask'
local errors = require 'lua.values.errors'
local generate = require 'lua.abi.generate'
local hooks = require 'lua.calls.hooks'
local intermediate = require 'lua.values.intermediate'
local marked = require 'lua.abi.marked'
local signatures = require 'lua.abi.signatures'

local M = {}

local host

--- Sets the host's functions.
---@param given table<string, function>
function M.setup(given) host = given end

local function perform(entry, encoded)
  if not away.possible() then return host.call(entry.target, encoded) end
  local _, answer, problem = away.call(
    function(number) return callbacks.start(number, entry.target, encoded) end,
    function(number) host.forsake(number) end,
    entry.id
  )
  return answer, problem
end

--- Gives the function for an entry.
---@param entry border.PythonEntry
function M.bind(entry)
  local sig = entry.signature and signatures.link(entry.signature)
  local target = { id = entry.id, sig = sig }
  local encode = marked.encoder(sig)
  local fits = sig and generate.compile_check(sig, hooks)
  return function(...)
    if fits and not fits(...) then return hooks.refuse(target, #sig.params, ...) end
    local encoded, why = encode(...)
    if not encoded then
      return nil, errors.make { message = entry.id .. ': ' .. why, kind = errors.kinds.INVALID, entry = entry.id, lua_stack = {} }
    end
    local answer, problem = perform(entry, encoded)
    if problem then return nil, problem end
    answer = intermediate.decode(answer)
    if not answer.failed then return answer.value end
    return nil, errors.make { message = answer.message, kind = answer.kind, details = answer.details, entry = entry.id, lua_stack = {} }
  end
end

return M
