-- A machine that is busy may take the processor away for so long that a call gives way.
funcs.call('t:spin', 1)
local others, alone = 0, 0
for _ = 1, 20 do
  others = 0
  coroutine.spawn(function() others = others + 1 end)
  funcs.call('t:spin', 1)
  if others == 0 then alone = alone + 1 end
end
print(alone > 0)
