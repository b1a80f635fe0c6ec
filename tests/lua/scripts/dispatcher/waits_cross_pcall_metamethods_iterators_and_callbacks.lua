local function nap(v)
  time.sleep(1)
  return v
end
print(pcall(nap, 1))
print(xpcall(function()
  nap()
  error('x', 0)
end, function(m) return 'handled ' .. m end))
local t = setmetatable({}, {
  __index = function(_, k) return nap(k) end,
  __add = function() return nap('sum') end,
  __tostring = function() return nap('text') end,
  __lt = function() return nap(true) end,
  __call = function(_, v) return nap(v) end,
})
print(t.key, t + 1, tostring(t), t < t, t(5))
print((('ab'):gsub('.', function(c) return nap(c:upper()) end)))
local list = { 3, 1, 2 }
table.sort(list, function(a, b)
  time.sleep(1)
  return a < b
end)
print(table.concat(list))
for v in
  function(_, v)
    time.sleep(1)
    return (v or 0) < 2 and (v or 0) + 1 or nil
  end
do
  io = v
end
print(io)
