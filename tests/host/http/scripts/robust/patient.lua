return function()
  local ok, problem = pcall(time.sleep, '1h')
  print('patient: ' .. tostring(problem))
  error(problem)
end
