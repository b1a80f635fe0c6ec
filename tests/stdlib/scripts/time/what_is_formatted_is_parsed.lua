(function()
  local zone = time.load_location(c)
  local t = time.unix(a, b):in_location(zone)
  local p = assert(time.parse(time.RFC3339NANO, t:format(time.RFC3339NANO), zone))
  local q = assert(time.parse(time.RFC1123Z, t:format(time.RFC1123Z), zone))
  local _, o = t:zone()
  -- RFC 3339 has no seconds in its offset.
  return o % 60 ~= 0 or p:equal(t) and p:unix_nano() == t:unix_nano() and q:unix() == t:unix()
end)()
