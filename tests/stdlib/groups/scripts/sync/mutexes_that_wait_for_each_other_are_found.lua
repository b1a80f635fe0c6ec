local a, b = sync.mutex(), sync.mutex()
local function both(first, second)
  first:lock()
  time.sleep('1ms')
  local ok, e = pcall(second.lock, second)
  if ok then second:unlock() end
  first:unlock()
  return ok and 'both' or tostring(e)
end
local r = assert(group.map({ 1, 2 }, function(i)
  if i == 1 then return both(a, b) end
  return both(b, a)
end))
table.sort(r)
print(r[1])
print(r[2])
