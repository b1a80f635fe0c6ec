for level = 0, 100 do
  local ok, env = pcall(getfenv, level)
  if ok and env ~= _G then return level end
end
