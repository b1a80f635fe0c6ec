local done = 0
all(2000, function(i)
  if funcs.call('t:nap-inline', 1000 + i % 10) == 1000 + i % 10 then done = done + 1 end
end)
time.sleep('500ms')
print(done)
time.sleep('600ms')
print(done)
