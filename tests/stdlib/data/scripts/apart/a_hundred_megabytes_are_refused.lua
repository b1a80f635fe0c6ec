local long = ('x'):rep(100 * 1024 * 1024)
for _, decode in ipairs { yaml.decode, yaml.decode_all, toml.decode } do
  local _, problem = decode(long)
  print(problem:kind(), problem)
end
local random = {}
for i = 1, 20000 do
  random[i] = string.char(math.random(0, 255))
end
random = table.concat(random)
local deep = {
  { yaml.decode, { ('['):rep(1e5), ('{a: '):rep(1e5), ('- '):rep(1e5), ('? '):rep(1e5), random } },
  { toml.decode, { 'a = ' .. ('['):rep(1e5), 'a = ' .. ('{a='):rep(1e5), ('a.'):rep(1e5) .. 'a = 1', ('['):rep(1e5), random } },
}
for _, each in ipairs(deep) do
  for i, text in ipairs(each[2]) do
    local value, problem = each[1](text)
    assert(value == nil and problem:kind() == 'Invalid', i)
  end
end
