local f = assert(entry {
  source = [[
  return function() return greet.hello("x"), require "greet" == greet, l.one, require "l" == l, type(errors), json end
]],
  modules = { 'greet' },
  imports = { l = { id = 'app:l', source = 'return {one = 1}' } },
})
return f()
