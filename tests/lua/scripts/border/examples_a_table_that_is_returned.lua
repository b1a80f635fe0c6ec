---@return border.Hired
local function f(x)
  if x then return { moth = 1 } end
  return { most = 2 }
end
local t = { up = 1 }
