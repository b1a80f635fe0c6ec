-- a comment with x < 3 and y
local function f(n, at)
  if n ~= 0 or at + n > 65536 then error('not < here', 2) end
  return not n, 0x10, [[
if x == 1 then]], u32
end
