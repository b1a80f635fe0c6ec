-- GET /api/primes?first=1&last=1000&parts=8
local MOST = 5000000

local function number(request, name, default)
  local given = request:query(name) or default
  local value = tonumber(given)
  if value and value % 1 == 0 and value >= 1 and value <= MOST then return value end
  error(errors.new { message = ('%s: expected a whole number from 1 to %d, got %s'):format(name, MOST, given), kind = errors.INVALID })
end

return function()
  local request = http.request()
  local first, last, parts = number(request, 'first'), number(request, 'last'), number(request, 'parts', 8)
  if first > last then
    return nil, errors.new { message = ('first: expected at most %d, which is last, got %d'):format(last, first), kind = errors.INVALID }
  end
  if parts > 64 then return nil, errors.new { message = ('parts: expected at most 64, got %d'):format(parts), kind = errors.INVALID } end
  return funcs.call('primes:spread', first, last, parts)
end
