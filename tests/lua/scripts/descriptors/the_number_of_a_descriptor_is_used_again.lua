local seen = 0
for i = 1, 50 do
  local r, w = pipe()
  local D = descriptors.new(r)
  ffi.C.write(w, 'x', 1)
  assert(not wait(D, r))
  seen = seen + 1
  descriptors.forget(D)
  ffi.C.close(r)
  ffi.C.close(w)
end
return seen
