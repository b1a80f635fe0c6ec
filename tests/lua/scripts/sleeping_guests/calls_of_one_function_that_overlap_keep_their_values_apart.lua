local wrong, done = 0, 0
all(200, function(i)
  for k = 1, 3 do
    local text = ('%d/%d '):format(i, k):rep(i * k % 40 + 1)
    if funcs.call('t:echo-after', (i * 7919 + k * 31) % 50, text) ~= text then wrong = wrong + 1 end
    done = done + 1
  end
end)
time.sleep('1s')
print(done, wrong)
