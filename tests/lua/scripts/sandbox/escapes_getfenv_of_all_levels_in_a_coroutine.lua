return coroutine.wrap(function()
  for level = 0, 50 do
    local ok, env = pcall(getfenv, level)
    if ok and env ~= _G then return level end
  end
end)()
