local r, w = pipe()
local other, end_of_other = pipe()
local D, E, woken = descriptors.new(r), descriptors.new(other), {}
local function waiter(name, D, fd)
  dispatcher.spawn(function()
    if not wait(D, fd) then woken[#woken + 1] = name end
  end)
end
waiter('a', D, r)
waiter('b', D, r)
waiter('c', E, other)
dispatcher.pause()
dispatcher.pause()
ffi.C.write(w, 'x', 1)
while #woken < 2 do
  dispatcher.pause()
end
dispatcher.pause()
assert(#woken == 2)
table.sort(woken)
ffi.C.close(end_of_other)
while #woken < 3 do
  dispatcher.pause()
end
descriptors.forget(D)
descriptors.forget(E)
for _, fd in ipairs { r, w, other } do
  ffi.C.close(fd)
end
return table.concat(woken)
