local inner = make {
  message = 'trap',
  kind = 'Internal',
  entry = 'app:f',
  func = 'run',
  lua_stack = {},
  wasm_backtrace = { { func = 'inner', module = 'm', offset = 255 }, 'outer' },
}
local e = errors.wrap(inner, 'calling')
local s = errors.call_stack(e).frames
return s[1].name, s[1].guest, s[1].offset, s[2].name, e:stack()
