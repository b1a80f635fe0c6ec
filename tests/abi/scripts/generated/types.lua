local u32, word = { kind = 'u32' }, { kind = 'string' }
local own = { kind = 'own', resource = 1, name = 'account' }
local level = { kind = 'enum', names = { 'low', 'high' } }
local point = { kind = 'record', fields = { { name = 'x', type = { kind = 'f64' } }, { name = 'tag-count', type = { kind = 'u8' } } } }
local pair = { kind = 'result', ok = { kind = 'tuple', types = { own, word } }, err = level }
local function list(element) return { kind = 'list', element = element } end
local function option(some) return { kind = 'option', some = some } end
local function parts(params, result)
  local out = {}
  for i, type in ipairs(params) do
    out[i] = { name = 'p' .. i, type = type }
  end
  return { name = 'f', params = out, result = result }
end
local u8, f32 = { kind = 'u8' }, { kind = 'f32' }
local shape = { kind = 'variant', cases = { { name = 'none' }, { name = 'of-text', type = word }, { name = 'at', type = point } } }
-- More core values than are passed as such.
local many = { kind = 'tuple', types = { word, word, word, word, word, word, word, word, u8 } }
