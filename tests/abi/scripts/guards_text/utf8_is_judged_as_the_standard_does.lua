local text, ffi = require 'lua.values.utf8', require 'ffi'
local buffer = ffi.new('uint8_t[256]')
return function(s, behind)
  ffi.fill(buffer, 256, behind)
  ffi.copy(buffer, s, #s)
  local exact, roomy = text.bytes_are_utf8(buffer, #s, #s), text.bytes_are_utf8(buffer, #s, 256)
  if exact ~= roomy or exact ~= text.string_is_utf8(s) then return nil end
  return exact
end
