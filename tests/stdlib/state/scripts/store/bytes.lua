local s, refused, done = assert(store.get 't:file'), 0, 0
local value = ('x'):rep(1000000)
local g = group.new {}
for i = 1, 100 do
  g:spawn(function()
    local ok, err = s:set('k' .. i % 3, value)
    if ok then
      done = done + 1
    elseif err:kind() == 'RateLimited' and err:retryable() then
      refused = refused + 1
    end
  end)
end
g:wait()
print(done + refused, done >= 64, s:set('k', 1))
