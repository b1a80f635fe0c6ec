local r, w = pipe()
local D, over = descriptors.new(r), 0
dispatcher.spawn(function()
  wait(D, r)
  over = over + 1
end)
dispatcher.pause()
dispatcher.pause()
descriptors.forget(D)
ffi.C.close(r)
while over == 0 do
  dispatcher.pause()
end
wait(D, -1)
ffi.C.close(w)
return 'over'
