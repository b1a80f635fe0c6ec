for _, make in ipairs {
  function() local s = ('x'):rep(2 ^ 28 + 1) end,
  function() local s = ('x'):rep(2 ^ 27 + 1, 'y') end,
  function() local s = ('x'):rep(1e5):gsub('x', ('y'):rep(1e6)) end,
  function()
    local s = ('x'):rep(1e5):gsub('x', function() return ('y'):rep(1e6) end)
  end,
} do
  local ok, err = pcall(make)
  assert(not ok and err:find('^script:%d: resulting string too large$'), err)
end
assert(#('x'):rep(2 ^ 20) == 2 ^ 20 and ('ab'):rep(3, '-') == 'ab-ab-ab' and ('x'):rep(-1) == '' and ('x'):rep('2') == 'xx')
