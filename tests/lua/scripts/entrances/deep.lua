local funcs = require 'funcs'
local id = ...
local tries, good = 0, 0
for size = 1, 40, 3 do
  local names = {}
  for i = 1, size do
    names[i] = 'a' .. i
  end
  local text = ('local last = ... local function down(n) local %s = n if n == 0 then return last() end return (down(n - 1)) end'):format(
    table.concat(names, ',')
  ) .. ' return down'
  local plain = loadstring(text)(function() return 7 end)
  local down = loadstring(text)(function() return funcs.call(id) end)
  local low, high = 1, 66000
  while high - low > 1 do
    local middle = math.floor((low + high) / 2)
    if pcall(plain, middle) then
      low = middle
    else
      high = middle
    end
  end
  for n = low - math.ceil(1600 / (size + 3)), low + 2 do
    local ok, value = pcall(down, n)
    tries = tries + 1
    if ok and value == 7 then
      good = good + 1
    elseif ok or not tostring(value):find 'stack overflow' then
      error(tostring(value), 0)
    end
  end
end
for i = 1, 100 do
  if funcs.call(id) ~= 7 then error('lost', 0) end
end
error(good > 0 and good < tries and 'good', 0)
