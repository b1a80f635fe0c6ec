local p = payload.new({ name = 'test', list = { 1, 2.5, true, json.null } })
local wanted = json.encode(p:data())
print(p:get_format(), tostring(p))
for _, format in ipairs { 'JSON', 'YAML', 'MSGPACK' } do
  local other = assert(p:transcode(payload.format[format]))
  print(other:get_format(), type(other:data()), json.encode((other:unmarshal())) == wanted)
  p = other
end
print(p:transcode(payload.format.LUA):data().name)
print(payload.new(errors.new('failed')):get_format(), payload.new(nil):data())
print(select(2, payload.new({}):transcode(payload.format.STRING)))
print(select(2, payload.new(1):transcode('no/such')))
print(select(2, payload.new(print):transcode(payload.format.JSON)))
print(payload.new('text'):transcode(payload.format.BYTES):transcode(payload.format.JSON):data())
