local executor = funcs.new()
for _, wrong in ipairs {
  { { timeot = 1 }, "did you mean 'timeout'" },
  { { timeout = 0 }, 'longer than 0, got 0' },
  { { timeout = 'x' }, 'not a duration' },
  { { retry = { max_attempts = 0 } }, 'at least 1, got 0' },
  { { retry = 5 }, 'expected a table' },
  { 5, 'expected a table' },
} do
  local ok, problem = pcall(executor.with_options, executor, wrong[1])
  assert(not ok and problem:find(wrong[2], 1, true), tostring(problem))
end
local ok, problem = pcall(executor.call, 't:work', 1)
assert(not ok and problem:find 'executor:call', problem)
ok, problem = pcall(funcs.async('t:work', 1).await, 5)
assert(not ok and problem:find 'future:await', problem)
ok, problem = pcall(function() funcs.async('t:work', 1).value = 5 end)
assert(not ok or funcs.async('t:work', 1):result() == 5)
