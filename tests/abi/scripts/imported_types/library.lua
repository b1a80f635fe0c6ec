local time, wit = require 'time', require 'wit'
local library = {}
local function kept(...)
  local seen = {}
  for i = 1, select('#', ...) do
    seen[i] = (select(i, ...))
    if seen[i] == nil then seen[i] = wit.none end
  end
  library.seen = seen
  return seen
end
local function one(v)
  kept(v)
  return v
end
local function all(...) return kept(...) end
local function later(f)
  return function(...)
    time.sleep(1)
    return f(...)
  end
end
