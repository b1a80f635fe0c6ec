print((pcall(require, 'lua.dispatcher.dispatcher')), (pcall(require, 'lua.dispatcher.clock')), rawget(_G, 'dispatcher'))
local seen = 0
local co = coroutine.create(function()
  time.sleep(1)
  coroutine.yield()
  time.sleep(1)
end)
while coroutine.status(co) ~= 'dead' do
  seen = seen + select('#', coroutine.resume(co)) - 1
end
print(seen)
