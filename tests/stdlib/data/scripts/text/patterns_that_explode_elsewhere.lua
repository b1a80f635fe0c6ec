local function took(re, text)
  local best = math.huge
  for _ = 1, 3 do
    local before = time.now()
    assert(re:match_string(text) == false)
    best = math.min(best, time.now():sub(before):seconds())
  end
  return best
end
for _, pattern in ipairs { PATTERNS } do
  local re = text.regexp.compile(pattern)
  local small, large = took(re, ('x'):rep(500000)), took(re, ('x'):rep(4000000))
  print(large < small * 8 * 8 + 0.2)
end
