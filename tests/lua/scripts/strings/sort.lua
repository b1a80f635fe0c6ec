local sort = require 'lua.scripts.sort'
return function(pairs, falling)
  sort(pairs, function(a, b)
    if falling then return a[1] > b[1] end
    return a[1] < b[1]
  end)
  local places = {}
  for i, pair in ipairs(pairs) do
    places[i] = pair[2]
  end
  return places
end
