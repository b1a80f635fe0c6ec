return function(duration, value)
  time.sleep(duration)
  if value == 'fail' then error('no luck') end
  return value
end
