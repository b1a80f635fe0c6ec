local thing, other = assert(funcs.call('t:thing', 7)), assert(funcs.call('t:thing', 8))
local order = {}
all(3, function(i)
  for k = 1, 3 do
    if i == 1 then
      thing:nap(5)
    elseif i == 2 then
      other:nap(5)
    else
      funcs.call('t:alone', 5)
    end
    order[#order + 1] = i
  end
end)
time.sleep('1s')
print(table.concat(order, ' '))
