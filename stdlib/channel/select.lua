-- `channel.select`: the first case that can go on, or the first to become able to.
local dispatcher = require "lua.dispatcher"
local queue = require "stdlib.channel.queue"

local ticket, suspend = dispatcher.ticket, dispatcher.suspend
local append, remove = queue.append, queue.remove

local M = {}

-- Nodes for cases that wait, linked by `sibling`.
local spare

local function take(task, generation, case, index)
  local node = spare
  if node then
    spare = node.sibling
  else
    node = { task = nil, generation = 0, value = nil, index = 0, queue = nil, before = nil, after = nil, sibling = nil }
  end
  node.task, node.generation, node.value, node.index = task, generation, case.value, index
  return node
end

local function give_back(node)
  while node do
    local after = node.sibling
    remove(node)
    node.task, node.value = nil, nil
    node.sibling, spare = spare, node
    node = after
  end
end

-- What `case` gives, when it can go on at once: true, value, ok. A send on a closed channel can: `ok` is nil.
local function try(case)
  if not case.sends then return queue.receive_nowait(case.state) end
  local sent = queue.send_nowait(case.state, case.value)
  if sent == false then return false end
  return true, nil, sent
end

--- Does one of `cases`, {state, sends, value} each. Returns nil, its index, value and ok; nil, 0 for the default; or a
-- problem to be raised.
function M.select(cases, count, default)
  for i = 1, count do
    local done, value, ok = try(cases[i])
    if done then return nil, i, value, ok end
  end
  if default then return nil, 0 end
  local task, generation = ticket()
  if not task then return generation end
  local nodes
  for i = count, 1, -1 do
    local case = cases[i]
    local node = take(task, generation, case, i)
    node.sibling, nodes = nodes, node
    append(case.sends and case.state.senders or case.state.receivers, node)
  end
  local problem, node, value, ok = suspend("channel select", count == 0 and "without cases" or nil)
  local index = node and node.index
  give_back(nodes)
  if problem then return problem end
  if not ok and cases[index].sends then ok = nil end
  return nil, index, value, ok
end

return M
