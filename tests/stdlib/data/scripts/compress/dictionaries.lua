local samples = {}
for i = 1, 2000 do
  samples[i] = ('{"user": %d, "name": "user %d", "active": true, "roles": ["admin", "editor"]}'):format(i, i * 7)
end
local dict = assert(compress.zstd.train_dict(samples, { size = 4096, id = 7 }))
local plain, packed = compress.zstd.encode(samples[1]), compress.zstd.encode(samples[1], { dict = dict })
print(#packed < #plain, compress.zstd.decode(packed, { dict = dict }) == samples[1], compress.zstd.decode(packed) == nil)
print(compress.zstd.inspect_dict(dict).id, (select(2, compress.zstd.inspect_dict('no'))))
print((select(2, compress.zstd.train_dict({ 'abcdefgh' }))))
