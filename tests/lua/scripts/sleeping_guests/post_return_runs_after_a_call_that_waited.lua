local failed = 0
all(5, function(i)
  for k = 1, 10 do
    if funcs.call('t:echo-after', i, 'x') ~= 'x' then failed = failed + 1 end
  end
end)
time.sleep('1s')
print(failed)
