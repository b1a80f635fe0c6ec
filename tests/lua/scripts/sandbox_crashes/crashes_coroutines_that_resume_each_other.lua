local a, b
a = coroutine.create(function()
  for _ = 1, 100 do
    coroutine.resume(b)
  end
end)
b = coroutine.create(function()
  for _ = 1, 100 do
    coroutine.resume(a)
  end
end)
return coroutine.resume(a)
