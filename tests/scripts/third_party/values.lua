local VALUES = {
  function(i) return i end,
  function(i) return 's' .. i end,
  function(i) return i % 3 == 0 and i or nil end,
  function(i) return i / 7 end,
  function() return true end,
  function() return 'é' end,
  function(i) return { i, i + 1 } end,
  function(i) return -i * 2 ^ 40 end,
}
local function value(i) return VALUES[i % 8 + 1](i) end
local function same(a, b)
  if type(a) ~= 'table' or type(b) ~= 'table' then return a == b end
  for k, v in pairs(a) do
    if not same(v, b[k]) then return false end
  end
  for k in pairs(b) do
    if a[k] == nil then return false end
  end
  return true
end
local function call(name, ...)
  local v, err = funcs.call('t:' .. name, ...)
  if err then error(err, 2) end
  return v
end
