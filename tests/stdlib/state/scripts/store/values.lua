local s = assert(store.get 't:NAME')
local none = wit.none
local values = { 1, 'text\0\255', true, false, 0.1, -0.0, 1 / 0, 9007199254740993LL, 18446744073709551615ULL, { 1, { a = {} } }, none }
for i, value in ipairs(values) do
  assert(s:set('key' .. i, value))
  local back, err = s:get('key' .. i)
  assert(err == nil and type(back) == type(value), i)
  if type(value) ~= 'table' then assert(back == value, i) end
end
local nan = assert(s:set('nan', 0 / 0)) and s:get 'nan'
print(nan ~= nan, s:get('key10')[2].a ~= nil, s:get 'key8', 1 / s:get 'key6')
