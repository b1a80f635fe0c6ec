local turns, done = 0, false
coroutine.spawn(function()
  while not done do
    turns = turns + 1
    time.sleep('1ms')
  end
end)
local zeroes = ('\0'):rep(64 * 1024 * 1024)
for _, name in ipairs { 'gzip', 'zlib', 'deflate', 'brotli', 'zstd' } do
  local before = turns
  local bomb = assert(compress[name].encode(zeroes, { level = 1 }))
  local data, problem = compress[name].decode(bomb, { max_size = 1024 * 1024 })
  print(name, #bomb < 400000, data, problem:kind(), turns > before)
  print(select(2, compress[name].decode('')), select(2, compress[name].encode('x', { level = 99 })):kind())
end
done = true
