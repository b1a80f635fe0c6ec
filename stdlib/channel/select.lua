-- `channel.select`: the first case that can go on, or the first to become able to.
local dispatcher = require 'lua.dispatcher.dispatcher'
local queue = require 'stdlib.channel.queue'

local ticket, park = dispatcher.ticket, dispatcher.park
local append, remove, listen, silence = queue.append, queue.remove, queue.listen, queue.silence
local state_of, send_nowait, receive_nowait = queue.state_of, queue.send_nowait, queue.receive_nowait
local rawget = rawget

local M = {}

-- Nodes for cases that wait, linked by `sibling`.
local spare

local function take(task, generation, index)
  local node = spare
  if node then
    spare = node.sibling
  else
    node = {
      task = nil,
      generation = 0,
      value = nil,
      ok = false,
      sends = false,
      index = 0,
      queue = nil,
      before = nil,
      after = nil,
      sibling = nil,
      timer = false,
    }
  end
  node.task, node.generation, node.index = task, generation, index
  return node
end

local function give_back(node)
  while node do
    local after = node.sibling
    remove(node)
    if node.timer then silence(node) end
    node.task, node.value = nil, nil
    node.sibling, spare = spare, node
    node = after
  end
end

-- What a case gives, when it can go on at once: true, value, ok. A send on a closed channel can: `ok` is nil.
local function try(case)
  local state = state_of[rawget(case, 'channel')]
  if not rawget(case, 'sends') then return receive_nowait(state) end
  local sent = send_nowait(state, rawget(case, 'value'))
  if sent == false then return false end
  return true, nil, sent
end

--- Does one of `cases`, {channel, sends, value} each. Returns nil, its index, value and ok; nil, 0 for the default; or a
-- problem to be raised.
---@param cases table[]
---@param count integer
---@param default? boolean
---@return any
---@return integer?
---@return any
---@return boolean?
function M.select(cases, count, default)
  for i = 1, count do
    local done, value, ok = try(rawget(cases, i))
    if done then return nil, i, value, ok end
  end
  if default then return nil, 0 end
  local task, generation = ticket()
  if not task then return generation end
  local nodes
  for i = 1, count do
    local case = rawget(cases, i)
    local state = state_of[rawget(case, 'channel')]
    local node = take(task, generation, i)
    node.sibling, nodes = nodes, node
    if rawget(case, 'sends') then
      node.sends, node.value = true, rawget(case, 'value')
      append(state.senders, node)
    else
      node.sends = false
      append(state.receivers, node)
      if state.due then listen(node, state) end
    end
  end
  local problem = park('channel select', count == 0 and 'without cases' or nil)
  local index, value, ok = 0, nil, nil
  if not problem then
    local chosen = task.a
    task.a = nil
    index, value, ok = chosen.index, chosen.value, chosen.ok
    -- The value of a case that was sent is of no interest; one that found its channel closed has no `ok`.
    if chosen.sends then
      value = nil
      if not ok then ok = nil end
    end
  end
  give_back(nodes)
  if problem then return problem end
  return nil, index, value, ok
end

return M
