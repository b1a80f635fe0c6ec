local started = time.now()
local t = time.ticker('10ms')
for i = 1, 3 do
  local at = t:channel():receive()
  print(at - started)
  time.sleep('3ms')
end
time.sleep('55ms')
print(t:channel():receive() - started, t:channel():receive() - started)
t:reset('1s')
print(t:channel():receive() - started)
t:stop()
time.sleep('5s')
print(channel.select { t:channel():case_receive(), default = true }.default)
