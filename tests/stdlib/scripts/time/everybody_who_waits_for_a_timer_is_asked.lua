local started, log = time.now(), {}
local function wait(name, ch)
  coroutine.spawn(function()
    local at = channel.select { ch:case_receive(), channel.new():case_receive() }.value
    log[#log + 1] = name .. ' ' .. tostring(at - started)
  end)
end
local ticker = time.ticker('1s')
for i = 1, 3 do
  wait('tick ' .. i, ticker:response())
end
local timer = time.timer('10s')
wait('earlier', timer:response())
time.sleep(0)
timer:reset('500ms')
time.sleep('600ms')
timer:reset('10s')
wait('later', timer:response())
time.sleep(0)
timer:reset('20s')
local stopped = time.timer('2s')
wait('never', stopped:response())
time.sleep(0)
stopped:stop()
time.sleep('30s')
print(table.concat(log, '; '))
