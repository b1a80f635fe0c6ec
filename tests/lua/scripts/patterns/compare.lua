local real = { find = string.find, match = string.match, gmatch = string.gmatch, gsub = string.gsub }
require('lua.scripts.pattern_cost').longest = function() return -1 end
require('lua.scripts.plain_find').BUDGET = -1
local ours = require 'lua.scripts.strings'
local function shown(ok, ...)
  if not ok then return 'error: ' .. tostring((...)):gsub('^.-:%d+: ', '') end
  local texts = {}
  for i = 1, select('#', ...) do
    texts[i] = type((select(i, ...))) .. ' ' .. tostring((select(i, ...)))
  end
  return table.concat(texts, '|')
end
local function all(gmatch, text, pattern)
  local found, n = {}, 0
  for a, b, c in gmatch(text, pattern) do
    n = n + 1
    found[n] = shown(true, a, b, c)
    if n > 50 then break end
  end
  return table.concat(found, ';')
end
return function(text, pattern, init, plain, replacement, limit)
  for name, run in pairs {
    find = function(from) return from.find(text, pattern, init, plain) end,
    ['pattern find'] = function(from) return from.find(text, pattern, init) end,
    match = function(from) return from.match(text, pattern, init) end,
    gmatch = function(from) return all(from.gmatch, text, pattern) end,
    gsub = function(from) return from.gsub(text, pattern, replacement, limit) end,
    ['gsub by a table'] = function(from) return from.gsub(text, pattern, { a = '<a>', b = 5, ['.'] = false }, limit) end,
  } do
    local a, b = shown(pcall(run, real)), shown(pcall(run, ours))
    if a ~= b then return name .. ': ' .. b .. ' is not ' .. a end
  end
  return ''
end
