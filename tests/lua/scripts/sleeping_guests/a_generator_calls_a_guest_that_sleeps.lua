local each = coroutine.wrap(function()
  for i = 1, 3 do
    coroutine.yield(funcs.call('t:nap', i))
  end
end)
for v in each do
  sum = (sum or 0) + v
end
print(sum, pcall(funcs.call, 't:nap', 7))
local t = setmetatable({}, { __index = function(_, ms) return (funcs.call('t:nap', ms)) end })
print(t[3] + t[4])
local list = { 3, 1, 2 }
table.sort(list, function(a, b) return funcs.call('t:nap', a) < funcs.call('t:nap', b) end)
print(table.concat(list))
print((('abc'):gsub('.', function(c) return funcs.call('t:echo-after', 1, c:upper()) end)))
