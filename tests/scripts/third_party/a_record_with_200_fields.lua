local wide = {}
for i = 0, 199 do
  wide['w' .. i] = value(i)
end
assert(same(call('wide', wide), wide))
for i = 0, 199 do
  local name = 'w' .. i
  local right = wide[name]
  for _, wrong in ipairs { print, { a = 1 }, { {} }, i % 8 == 1 and 5 or 'no number' } do
    if not (i % 8 == 1 and type(wrong) == 'string') then
      wide[name] = wrong
      local v, err = funcs.call('t:wide', wide)
      assert(v == nil and err:kind() == errors.INVALID and err:message():find(name, 1, true), name .. ' ' .. tostring(err))
    end
  end
  wide[name] = right
end
assert(same(call('wide', wide), wide))
