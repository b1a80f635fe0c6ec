return function()
  while true do
    pcall(time.sleep, '1h')
  end
end
