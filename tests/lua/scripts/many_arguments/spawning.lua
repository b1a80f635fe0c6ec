local t = {}
for i = 1, 7900 do
  t[i] = i
end
local ch = channel.new(1)
coroutine.spawn(function(...) ch:send(select('#', ...)) end, unpack(t, 1, 4000))
assert(ch:receive() == 4000)
local ok, err = pcall(function() coroutine.spawn(print, unpack(t, 1, 4001)) end)
assert(not ok and err == 'script:8: coroutine.spawn: expected at most 4000 arguments, got 4001: pass them in a table', err)
