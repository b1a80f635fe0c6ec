local g = group.new { timeout = '20ms' }
g:spawn(io.read)
print(g:wait() == nil)
io.flush()
local lines, done = {}, channel.new(0)
for i = 1, 3 do
  coroutine.spawn(function()
    for line in io.lines() do
      lines[#lines + 1] = line
    end
    done:send(true)
  end)
end
for i = 1, 3 do
  done:receive()
end
print(table.concat(lines, ','))
