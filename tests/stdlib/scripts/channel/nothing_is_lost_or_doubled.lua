local sizes, plan = ...
local chans, ids = {}, {}
for i, size in ipairs { SIZES } do
  chans[i] = channel.new(size)
  ids[chans[i]] = i
end
local sent, got, serial, doubled = { 0, 0, 0 }, { 0, 0, 0 }, 0, false
local seen, last = {}, {}
local function take(i, v, ok)
  if not ok then return end
  got[i] = got[i] + 1
  if seen[v] then doubled = true end
  seen[v] = true
end
local function next_value()
  serial = serial + 1
  return serial
end
local step = {}
function step.send(c, i)
  c:send(next_value())
  sent[i] = sent[i] + 1
end
function step.receive(c, i) take(i, c:receive()) end
function step.select(c, i)
  local cases = {}
  for k = 1, 3 do
    cases[2 * k - 1], cases[2 * k] = chans[k]:case_receive(), chans[k]:case_send(next_value())
  end
  local r = channel.select(cases)
  local k = ids[r.channel]
  if r.value ~= nil then
    take(k, r.value, r.ok)
  else
    sent[k] = sent[k] + 1
  end
end
function step.pause() time.sleep(0) end
function step.try(c, i)
  local r = channel.select { c:case_receive(), default = true }
  if not r.default then take(i, r.value, r.ok) end
end
for _, operations in ipairs { OPERATIONS } do
  coroutine.spawn(function()
    for _, o in ipairs(operations) do
      step[o[2]](chans[o[1] + 1], o[1] + 1)
    end
  end)
end
time.sleep('1s')
-- Whoever still waits to send is let go on, until there is nothing left anywhere.
local progress
repeat
  progress = false
  for i = 1, 3 do
    local r = channel.select { chans[i]:case_receive(), default = true }
    if not r.default then
      take(i, r.value, r.ok)
      progress = true
      time.sleep('1s')
    end
  end
until not progress
for i = 1, 3 do
  assert(sent[i] == got[i], sent[i] .. ' sent, ' .. got[i] .. ' received')
end
assert(not doubled, 'received twice')
