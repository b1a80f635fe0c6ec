for i = 1, 2 do
  local thing = assert(funcs.call('t:thing', 7))
  print(pcall(thing.drop, thing))
end
do
  local thing = assert(funcs.call('t:thing', 8))
end
collectgarbage()
collectgarbage()
print(funcs.call('t:thing', 9) ~= nil)
