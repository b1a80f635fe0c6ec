local c = funcs.import 'app:shop'
c.set(7)
print(c.get(), c.add_all(1), c.get())
for i = 1, 300 do
  c.set(i)
  assert(c.get() == i and c.add_all(0) == i and c.add_all(1) == i + 100000 and c.get() == i + 100000)
end
print(funcs.stats('app:shop').instances.made)
