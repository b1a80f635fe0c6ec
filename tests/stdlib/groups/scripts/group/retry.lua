local at = {}
local v, err = group.retry(function(n)
  at[n] = ms()
  error('no', 0)
end, { max_attempts = 4, initial_delay = '1ms', max_delay = '3ms' })
say(v, err, table.concat(at, ' '))
local n = 0
local function count(kind)
  return function()
    n = n + 1
    return nil, errors.new { message = 'm', kind = kind }
  end
end
for _, kind in ipairs { errors.INVALID, errors.NOT_FOUND, errors.PERMISSION_DENIED, errors.UNAVAILABLE } do
  n = 0
  group.retry(count(kind), { initial_delay = '1ms' })
  say(kind, n)
end
n = 0
group.retry(count(errors.INVALID), { initial_delay = '1ms', when = function(e) return e:kind() == 'Invalid' and n < 2 end })
say(n)
say(group.retry(function(i) return i end))
v, err = group.retry(function() return nil, 'no' end, { max_attempts = 1000, initial_delay = '1ms', timeout = '20ms' })
say(err:kind())
