local count = 0
for _, name in ipairs { 'compress', 'crypto', 'payload', 'process', 'store', 'text' } do
  for key, value in pairs(require(name)) do
    if type(value) == 'table' then
      count = count + 1
      local field = next(value)
      assert(not pcall(function() value[field or 'new'] = print end), name .. '.' .. key)
      assert(not pcall(rawset, value, 'new', print), name .. '.' .. key)
    end
  end
end
print(count > 12, #crypto.random.bytes(4), compress.gzip.decode(compress.gzip.encode 'text'))
