local layout = require 'lua.abi.layout'
return function(text)
  local function p(kind) return { kind = kind } end
  local function names(n)
    local out = {}
    for i = 1, n do
      out[i] = 'n' .. i
    end
    return out
  end
  local function cases(n, ...)
    local out = {}
    for i = 1, n do
      out[i] = { name = 'n' .. i }
    end
    for i, type in ipairs { ... } do
      out[i].type = type
    end
    return { kind = 'variant', cases = out }
  end
  local env = { p = p, cases = cases }
  function env.enum(n) return { kind = 'enum', names = names(n) } end
  function env.flags(n) return { kind = 'flags', names = names(n) } end
  function env.list(t) return { kind = 'list', element = t } end
  function env.option(t) return { kind = 'option', some = t } end
  function env.result(ok, err) return { kind = 'result', ok = ok, err = err } end
  function env.tuple(...) return { kind = 'tuple', types = { ... } } end
  function env.record(...)
    local fields = {}
    for i, type in ipairs { ... } do
      fields[i] = { name = 'f' .. i, type = type }
    end
    return { kind = 'record', fields = fields }
  end
  for kind in ('bool u8 s8 u16 s16 u32 s32 u64 s64 f32 f64 char string own borrow'):gmatch '%S+' do
    env[kind] = p(kind)
  end
  local t = layout.of(setfenv(assert(loadstring('return ' .. text)), env)())
  local inside = t.offsets and table.concat(t.offsets, ' ') or t.payload and ('%d %d'):format(t.disc, t.payload) or ''
  return ('%d %d %s'):format(t.size, t.align, table.concat(t.flat)), inside
end
