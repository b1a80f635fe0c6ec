local calls, generate, handles, names, count, seed = ...
math.randomseed(seed)
local random, char = math.random, string.char
local seen = {}
local function word(n) return char(n % 256, math.floor(n / 256) % 256, math.floor(n / 65536) % 256, math.floor(n / 16777216) % 256) end
local sources = {
  function() return random(0, 3) end,
  function() return 1024 + random(0, 40) * 4 end,
  function() return 1024 + random(0, 40) * 8 end,
  function() return random(0, 40) end,
  function() return 131072 - random(0, 40) end,
  function() return 4294967295 - random(0, 40) end,
  function() return 2147483648 - random(-4, 4) end,
  function() return random(0, 131072) end,
  function() return 0xd7fe + random(0, 3) end,
  function() return 0xdffe + random(0, 3) end,
  function() return 0x10fffe + random(0, 3) end,
  function() return 0xff800000 + random(0, 0x7fffff) end,
  function() return 0x20202020 + random(0, 0x5f) * 256 end,
  function() return random(0, 65535) + random(0, 65535) * 65536 end,
}
local function any() return sources[random(#sources)]() end
local function content()
  local words = {}
  local favorite = sources[random(#sources)]
  for i = 1, random(2, 24) do
    words[i] = word(random(3) == 1 and favorite() or any())
  end
  return table.concat(words)
end
-- What is lifted must be fit to be passed on: this finds whatever is not a value of its type.
local fits = {}
for id in pairs(names) do
  calls.call(id, '', 0)
  local sig = require('lua.calls.direct').last.sig
  if not sig.name:find 'handle' and sig.name ~= 'both' then
    fits[id] = generate.compile_check({ name = 'check', params = { { name = 'v', type = sig.result } } }, { holds = handles.holds })
  end
end
local ids = {}
for id in pairs(names) do
  ids[#ids + 1] = id
end
table.sort(ids)
for i = 1, count do
  local id = ids[random(#ids)]
  local answer = random(2) == 1 and 1024 + random(0, 6) * 8 or any()
  local value, problem = calls.call(id, content(), answer)
  if problem == nil then
    seen.value = (seen.value or 0) + 1
    local good
    if fits[id] then
      good = fits[id](value)
    else
      good = value == nil or type(value) == 'cdata' or type(value) == 'table'
    end
    if not good then error(id .. ' gave what is not a value of its type: ' .. type(value)) end
  else
    local text = problem:message()
    if problem:kind() ~= 'Internal' or text:find '\n' then error(id .. ': ' .. problem:kind() .. ': ' .. text) end
    local what = text:match '^[%w-]+: the guest broke the canonical ABI: (.*)$'
    if not what then error(id .. ': ' .. text) end
    what = what:gsub(' %d+$', '')
    seen[what] = (seen[what] or 0) + 1
  end
  if i % 5000 == 0 then collectgarbage() end
end
local out = {}
for what, n in pairs(seen) do
  out[#out + 1] = ('%q: %d'):format(what, n)
end
return '{' .. table.concat(out, ', ') .. '}'
