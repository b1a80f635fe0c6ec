local done = {}
local r, err, errs = group.map({ 1, 2, 3, 4 }, function(x)
  time.sleep(x * time.MILLISECOND)
  if x == 2 then error('two', 0) end
  done[#done + 1] = x
end)
say(r, err, errs, #done, ms())
r, err, errs = group.map({ 1, 2, 3 }, function(x)
  if x ~= 2 then return nil, 'bad ' .. x end
  return x
end, { on_error = 'collect' })
say(r[1], r[2], err, errs[1], errs[2], errs[3])
local tries = {}
r, err = group.map({ 1, 2 }, function(x)
  tries[x] = (tries[x] or 0) + 1
  if tries[x] < x + 1 then error('again', 0) end
  return x
end, { retry = { max_attempts = 3, initial_delay = '1ms' } })
say(r[1], r[2], err, tries[1], tries[2])
r, err = group.map({ 1 }, function() return nil, errors.new { message = 'never', kind = errors.INVALID } end, { retry = {} })
say(r, err)
