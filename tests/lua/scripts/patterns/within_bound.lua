local cost, patterns = require 'lua.scripts.pattern_cost', require 'lua.scripts.patterns'
return function(text, pattern)
  local anchored = cost.anchored(pattern)
  local budget = patterns.budget(text)
  local before = budget.left
  patterns.search(text, pattern, 1, anchored, {}, budget)
  local spent, bound = before - budget.left, cost.bound(pattern, anchored, #text)
  local _, captures = pattern:gsub('[()]', '')
  return spent <= bound * (1 + captures) and '' or spent .. ' steps, and the bound is ' .. bound
end
