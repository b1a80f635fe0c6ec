local request = {
  method = 'GET',
  scheme = 'http',
  headers = {},
  authority = 'ORIGIN_AUTHORITY',
  path = '/together',
}
local done = channel.new(100)
for _ = 1, 100 do
  coroutine.spawn(function() done:send(funcs.call('t:fetch-lazy', request)) end)
end
for _ = 1, 100 do
  assert((done:receive()).status == 200)
end
