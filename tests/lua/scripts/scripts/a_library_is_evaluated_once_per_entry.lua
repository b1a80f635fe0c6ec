local base = { id = 'app:base', source = 'return {n = 0}' }
local side = { id = 'app:side', source = 'return base', imports = { base = base } }
local function make()
  return assert(
    entry { source = 'return function() base.n = base.n + 1 return side.n, side == base end', imports = { base = base, side = side } }
  )
end
local a, b = make(), make()
a()
local n, same = a()
return n, same, (b())
