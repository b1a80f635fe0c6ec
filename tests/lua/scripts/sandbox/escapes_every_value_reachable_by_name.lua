local seen, found = {}, nil
local function walk(t, path)
  if seen[t] then return end
  seen[t] = true
  for k, v in pairs(t) do
    local name = path .. '.' .. tostring(k)
    if type(k) == 'string' and (k:find 'dump' or k:find 'loadlib' or k == 'execute' or k == 'cdef') then found = name end
    if k == 'HOST_SECRET' or k == 'VICTIM_SECRET' then found = name end
    if type(v) == 'table' then walk(v, name) end
    local meta = getmetatable(v)
    if type(meta) == 'table' then walk(meta, name .. '<meta>') end
  end
end
walk(_G, '_G')
walk(errors, 'errors')
walk(json, 'json')
walk(wit, 'wit')
return found
