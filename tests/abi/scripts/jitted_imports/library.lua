local calls = 0
local function id(v)
  calls = calls + 1
  return v
end
return {
  u = id,
  s = id,
  l = id,
  d = id,
  uu = function(a, b) return { a + b, b } end,
  r = function(v)
    if v.ok and v.ok % 50 == 0 then return nil, 'round' end
    return v
  end,
  w = function(v)
    if v % 3 == 0 then time.sleep(0) end
    return v
  end,
  c = function(v)
    if v % 4 == 0 then return (funcs.call('t:mul', v, 1)) end
    return v
  end,
  f = function(v)
    if v % 40 == 0 then error('forty', 0) end
    return v
  end,
}
