local r, w = pipe()
local D, pushed = descriptors.new(r), 0
descriptors.follow(D, function() pushed = pushed + 1 end)
ffi.C.write(w, 'x', 1)
while pushed == 0 do
  dispatcher.pause()
end
descriptors.follow(D, nil)
descriptors.forget(D)
ffi.C.close(r)
ffi.C.close(w)
return 'pushed'
