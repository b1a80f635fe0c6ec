local s, refused, done = assert(store.get 't:file'), 0, 0
local g = group.new {}
for i = 1, 10200 do
  g:spawn(function()
    local ok, err = s:set('k', i)
    if ok then
      done = done + 1
    elseif err:kind() == 'RateLimited' and err:retryable() then
      refused = refused + 1
    end
  end)
end
g:wait()
print(done + refused, done >= 10000)
