local TAG = getmetatable(wit.some(1))
local function shown(v)
  if type(v) == 'number' and (v ~= v or v == 1 / 0 or v == -1 / 0) then return tostring(v) end
  if type(v) ~= 'table' then return v end
  if getmetatable(v) == TAG then return { ['some!'] = shown(v[1]) } end
  local copy = {}
  for k, x in pairs(v) do
    copy[k] = shown(x)
  end
  return copy
end
return function(text)
  local v, e = wit.decode(text)
  if e then return (e:kind() == 'Invalid' and '' or e:kind()) .. e:message() end
  return assert(json.encode(shown(v)))
end
