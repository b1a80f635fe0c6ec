local generate, explain, optional = require 'lua.abi.generate', require 'lua.abi.explain', require 'lua.values.optional'
local env = {}
for kind in ('bool u8 s8 u16 u32 s32 u64 s64 f64 char string'):gmatch '%S+' do
  env[kind] = { kind = kind }
end
function env.list(t) return { kind = 'list', element = t } end
function env.option(t) return { kind = 'option', some = t } end
function env.result(ok, err) return { kind = 'result', ok = ok, err = err } end
function env.tuple(...) return { kind = 'tuple', types = { ... } } end
local function named(list, key)
  local out = {}
  for i, each in ipairs(list) do
    out[i] = { name = each[1], type = each[2] }
  end
  return out
end
function env.record(list) return { kind = 'record', fields = named(list) } end
function env.variant(list) return { kind = 'variant', cases = named(list) } end
function env.enum(names) return { kind = 'enum', names = names } end
function env.flags(names) return { kind = 'flags', names = names } end
local function build(text, with) return setfenv(assert(loadstring('return ' .. text)), with) end
return function(types, values)
  local list = { build(types, env)() }
  local sig = { name = 'f', params = {} }
  for i, type in ipairs(list) do
    sig.params[i] = { name = 'p' .. i, type = type }
  end
  -- A sequence in the hash part of its table, where its keys come in any order.
  local function hashed(...)
    local t = { a = 1, b = 1, c = 1, d = 1, e = 1, f = 1, g = 1, h = 1 }
    for key in pairs(t) do
      t[key] = nil
    end
    for i = select('#', ...), 1, -1 do
      t[i] = (select(i, ...))
    end
    return t
  end
  local made = build('function() return ' .. values .. ' end', setmetatable({ wit = optional, hashed = hashed }, { __index = _G }))()
  local count = select('#', made())
  local check = generate.compile_check(sig, {})
  local fits
  if count <= #list then
    fits = check(unpack({ made() }, 1, #list))
  else
    fits = check(made())
  end
  return fits or explain.sentence(sig, count, made())
end
