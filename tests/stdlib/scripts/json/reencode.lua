return function(text)
  local v, e = json.decode(text)
  if e then return nil, tostring(e) end
  return json.encode(v)
end
