local s = errors.call_stack(errors.new 'x')
local g = errors.call_stack(make { message = 'm', entry = 'app:f', wasm_backtrace = 'lone\n', lua_stack = {} })
local f, h = s.frames[1], g.frames[1]
return s.thread, f.source .. ':' .. f.line, g.thread, h.source, h.name, #s, h.line
