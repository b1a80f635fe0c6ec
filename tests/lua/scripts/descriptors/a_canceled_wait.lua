local r, w = pipe()
local D, problem = descriptors.new(r), nil
local task = dispatcher.spawn(function() problem = wait(D, r) end)
dispatcher.pause()
dispatcher.pause()
dispatcher.cancel(task)
while not problem do
  dispatcher.pause()
end
descriptors.forget(D)
ffi.C.close(r)
ffi.C.close(w)
return problem:message()
