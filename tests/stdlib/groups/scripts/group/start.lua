local log, began = {}, time.now()
local function ms() return math.floor(time.since(began):milliseconds() + 0.5) end
local function say(...)
  local t = { ... }
  for i = 1, select('#', ...) do
    t[i] = tostring(t[i])
  end
  log[#log + 1] = table.concat(t, ' ')
end
local function sleeper(name, delay)
  return function()
    local ok, e = pcall(time.sleep, delay)
    say(name, ok and 'slept' or e:kind(), ms())
    if not ok then error(e, 0) end
    return name
  end
end
