funcs.call('t:spin', 1)
local others = 0
coroutine.spawn(function() others = others + 1 end)
print(funcs.call('t:spin', 1), others)
