local t, failed = {}, 0
for i = 1, 7000 do
  t[i] = i
end
local function deeper(n)
  if n % 20 == 0 and not pcall(coroutine.resume, coroutine.create(type), unpack(t)) then failed = failed + 1 end
  return 1 + deeper(n + 1)
end
for _ = 1, 8 do
  pcall(deeper, 1)
end
while failed <= 200 do
end
