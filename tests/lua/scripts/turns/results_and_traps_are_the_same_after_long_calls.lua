local function count(n) return funcs.call('t:count_POOL', n) end
local function nth(n) return KEPT and n or 1 end
assert(count(1) == nth(1) and count(LONG) == nth(2) and count(1) == nth(3))
local beside = funcs.async('t:spin_POOL')
assert(count(LONG) == nth(4) and count(1) == nth(5) and count(LONG) == nth(6))
for _ = 1, 2 do
  local value, err = count(LONG_1)
  assert(value == nil and err:kind() == 'Internal' and err:message():find 'unreachable', tostring(err))
end
assert(count(1) == 1 and count(LONG) == nth(2))
assert(funcs.stats('t:count_POOL').calls == 10 and funcs.stats('t:count_POOL').errors == 2)
