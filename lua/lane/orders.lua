-- What functions of guests want of Python: they run on a Wasmtime stack, from which nothing of Python may be called, so it is an
-- order, which the lane passes on between two turns. The answers come with the lane's messages (lua/dispatcher/away.lua).

local ask = require 'lua.lane.ask'
local dispatcher = require 'lua.dispatcher.dispatcher'

local M = {}

local orders = {}

--- Has the callback `name` of the lane called with three arguments; failed(problem), if given, hears that it could not be.
---@param name string
---@param a any
---@param b any
---@param c any
---@param failed? function
function M.give(name, a, b, c, failed) orders[#orders + 1] = { name, a, b, c, failed } end

--- Passes on what was ordered; not to be called on a guest's stack.
function M.drain()
  if not orders[1] then return end
  local list = orders
  orders = {}
  for _, each in ipairs(list) do
    local _, problem = ask.ask(each[1], each[2], each[3], each[4])
    if problem and each[5] then each[5](problem) end
  end
end

dispatcher.on_turn(M.drain)
dispatcher.on_idle(M.drain)

return M
