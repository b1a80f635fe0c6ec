local big = ('x'):rep(100 * 1024 * 1024)
local turns, done = 0, false
coroutine.spawn(function()
  while not done do
    turns = turns + 1
    time.sleep('1ms')
  end
end)
for _, pattern in ipairs { '(x+x+)+y', '(x|x)*y' } do
  local before = turns
  print(text.regexp.compile(pattern):match_string(big), turns - before > 3)
end
done = true
print(text.regexp.compile('[0-9](x*)$'):find_string_submatch(big))
