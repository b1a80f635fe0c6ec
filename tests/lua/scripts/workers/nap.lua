return function(duration, value)
  if value == 'raise' then error('no luck') end
  if value == 'deep' then return funcs.call('t:nap', duration, 'bottom') end
  time.sleep(duration)
  if value == 'refuse' then return nil, errors.new { message = 'busy', kind = errors.UNAVAILABLE, details = { left = 3 } } end
  return value
end
