local n = 0
local t
t = setmetatable({}, {
  __tostring = function()
    n = n + 1
    if n % 50 == 0 then
      return coroutine.wrap(function() return tostring(t) end)()
    end
    return string.format('%s', t)
  end,
})
return pcall(tostring, t)
