-- A library that tells how many calls of it there were at once at most.
local time = require 'time'
local inside, most = 0, 0
return {
  later = function()
    inside = inside + 1
    most = math.max(most, inside)
    time.sleep '5ms'
    inside = inside - 1
    return tostring(most)
  end,
}
