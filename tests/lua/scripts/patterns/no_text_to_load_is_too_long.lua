local text = '--' .. ('x'):rep(2 ^ 20 - 2)
assert(load(text) and loadstring(text))
for _, read in ipairs { load, loadstring } do
  local chunk, err = read(text .. 'x')
  assert(chunk == nil and err == 'expected at most 1 MiB of text to load, got 1048577 bytes', err)
end
local chunk, err = load(function() return text end)
assert(chunk == nil and err == 'the reader function returns more than 1 MiB', err)
