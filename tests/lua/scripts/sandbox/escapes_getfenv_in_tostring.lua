local found
tostring(setmetatable({}, {
  __tostring = function()
    found = getfenv(2) ~= _G or getfenv(3) ~= _G
    return ''
  end,
}))
string.format(
  '%s',
  setmetatable({}, {
    __tostring = function()
      found = found or getfenv(2) ~= _G or getfenv(3) ~= _G
      return ''
    end,
  })
)
return found
