local text = ...
local calls, dispatcher = require 'lua.calls.calls', require 'lua.dispatcher.dispatcher'
local intermediate, optional = require 'lua.values.intermediate', require 'lua.values.optional'
local env = { print = print, coroutine = coroutine, math = math }
env.wit = { none = optional.none, some = optional.some, encode = print }
function env.put(t, ...)
  for i = 1, select('#', ...) do
    t[i] = (select(i, ...))
  end
  return t
end
local answers = {}
local function answer(i, value, problem)
  if problem ~= nil then
    answers[#answers + 1] = { i, false, problem:kind() .. ': ' .. problem:message() }
    return
  end
  answers[#answers + 1] = { i, (assert(intermediate.encode(value))) }
end
local left = 0
local function work(i, each)
  for _ = 1, 3 do
    answer(i, calls.call(each.id, each.values()))
    dispatcher.sleep(i * 1000)
  end
  left = left - 1
end
assert(dispatcher.run(function()
  for i, each in ipairs(setfenv(assert(loadstring('return {' .. text .. '}')), env)()) do
    left = left + 1
    dispatcher.spawn(work, i, each)
  end
  while left > 0 do
    dispatcher.sleep(1e6)
  end
end))
return function(n)
  if answers[n] then return unpack(answers[n], 1, 3) end
end
