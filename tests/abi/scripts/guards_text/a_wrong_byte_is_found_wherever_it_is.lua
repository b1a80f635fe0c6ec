local text, ffi = require 'lua.values.utf8', require 'ffi'
for n = 1, 100 do
  for place = 1, n do
    local s = ('x'):rep(place - 1) .. '\255' .. ('y'):rep(n - place)
    local p = ffi.cast('const char *', s)
    assert(not text.string_is_utf8(s) and not text.bytes_are_utf8(p, n, n), n .. ' ' .. place)
    assert(not text.bytes_are_utf8(p, n, n + 8), n .. ' ' .. place)
    if place < n then
      s = ('x'):rep(place - 1) .. '\195\169' .. ('y'):rep(n - place - 1)
      p = ffi.cast('const char *', s)
      assert(text.string_is_utf8(s) and text.bytes_are_utf8(p, n, n), n .. ' ' .. place)
    end
  end
  assert(text.string_is_utf8(('z'):rep(n)))
end
