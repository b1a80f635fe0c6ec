local near, far = funcs.call('t:view', 1), nil
for _ = 1, 2 do
  far = assert(funcs.call('t:view', LONG))
end
for _, value in ipairs { near, far } do
  assert(value.small_one == 1 and value['small-one'] == 1 and value.large_one == 18446744073709551615ULL)
end
