local calls = 0
print(xpcall(error, function()
  calls = calls + 1
  error('worse', 0)
end))
print(calls)
print((select(2, xpcall(error, function() time.sleep(1) end))):match('^error in error handling: .*waiting is not possible here'))
