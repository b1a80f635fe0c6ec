package.path = ...
local sandbox = require 'lua.scripts.sandbox'
local library = { f = 1 }
local first = sandbox.protect('mine', library)
assert(first ~= library and first.f == 1 and sandbox.protect('mine', library) == first and sandbox.protect('other', first) == first)
local name, behind = sandbox.library_of(first)
assert(name == 'mine' and behind == library and sandbox.library_of({}) == nil and sandbox.library_of(library) == nil)
local env = sandbox.environment { x = 5, print = false }
assert(env.x == 5 and env._G == env and env.print == false and env.string == sandbox.libraries.string)
assert(sandbox.load('return 1', '=c', {})() == 1)
local traces = 0
jit.attach(function(what)
  if what == 'stop' then traces = traces + 1 end
end, 'trace')
for _, compiles in ipairs { false, true } do
  sandbox.compiles = compiles
  local loop = sandbox.load('return function() local n = 0 for i = 1, 1000 do n = n + i end return n end', '=c', {})()
  traces = 0
  assert(loop() == 500500 and (traces > 0) == compiles)
end
local f, problem = sandbox.load('\27x')
assert(f == nil and problem == "chunk: bytecode can't be loaded, only text")
