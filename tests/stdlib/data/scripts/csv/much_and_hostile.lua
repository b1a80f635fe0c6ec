local turns, done = 0, false
coroutine.spawn(function()
  while not done do
    turns = turns + 1
    time.sleep(0)
  end
end)
local rows = csv.decode(('abc,"d",1\n'):rep(300000))
done = true
print(#rows, turns > 5)
for _, piece in ipairs { '"' .. ('x'):rep(1048575), ('x'):rep(1048576) } do
  local first = true
  local ok, problem = pcall(csv.reader(function()
    local now = first and piece or ('x'):rep(1048576)
    first = false
    return now
  end))
  print(ok, problem)
end
print(select(2, csv.decode(('x'):rep(100 * 1024 * 1024))))
local random = {}
for i = 1, 100000 do
  random[i] = string.char(math.random(0, 255))
end
local value, problem = csv.decode(table.concat(random))
print(value ~= nil or problem:kind())
