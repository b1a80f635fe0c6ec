-- GET /api/primes?first=1&last=1000&parts=8
local MOST = 5000000

local function number(request, name, default)
  local value = tonumber(request:query(name) or default)
  if value and value % 1 == 0 and value >= 1 and value <= MOST then return value end
  error(errors.new { message = ('%s must be a whole number from 1 to %d'):format(name, MOST), kind = errors.INVALID })
end

return function()
  local request = http.request()
  local first, last, parts = number(request, 'first'), number(request, 'last'), number(request, 'parts', 8)
  if first > last then return nil, errors.new { message = 'first must not be larger than last', kind = errors.INVALID } end
  if parts > 64 then return nil, errors.new { message = 'parts must be at most 64', kind = errors.INVALID } end
  return funcs.call('primes:spread', first, last, parts)
end
