local calls = 0
return function(good)
  calls = calls + 1
  if calls < good then return nil, errors.new { message = 'call ' .. calls, kind = errors.UNAVAILABLE } end
  return calls
end
