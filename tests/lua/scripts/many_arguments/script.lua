local t = {}
for i = 1, 7900 do
  t[i] = i
end
local id = 'p:NAME'
local executor = funcs.new():with_options { timeout = '60s', retry = { max_attempts = 2 } }
local function awaited(future, err)
  if future then return future:await() end
  return nil, err
end
local function says(way, n, value, err)
  local sentence = id .. ': expected at most 4000 arguments, got ' .. n .. ': pass them in a table'
  assert(value == nil and err:kind() == 'Invalid' and err:message() == sentence, way .. ': ' .. tostring(err))
end
local ways = {
  call = funcs.call,
  async = function(...) return awaited(funcs.async(...)) end,
  ['executor call'] = function(...) return executor:call(...) end,
  ['executor async'] = function(...) return awaited(executor:async(...)) end,
  context = function(...) return funcs.new():with_context { a = 1 }:call(...) end,
}
local padded = loadstring('local f, g, t = ... return f(g, ' .. ('1, '):rep(200) .. ' unpack(t))')
for way, call in pairs(ways) do
  local value, err = call(id, unpack(t, 1, 4000))
  assert(value == 4000, way .. ': ' .. tostring(err))
  says(way, 4001, call(id, unpack(t, 1, 4001)))
  says(way, 7900, call(id, unpack(t, 1, 7900)))
  says(way, 8100, padded(call, id, t))
end
assert(funcs.call(id, 1) == 1)
