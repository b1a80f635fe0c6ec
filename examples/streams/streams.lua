-- Streams a text through a guest twice, with Lua between, and has the guest call an async function in Lua.
local funcs = require 'funcs'

-- 32 MiB of text, of which little is in memory at once: each part waits for the one after it.
local LINES, PIECE = 524288, 1024
local made = 0
local function text()
  if made == LINES then return nil end
  made = made + PIECE
  return ('the quick brown fox jumps over the lazy dog and naps till ten.\n'):rep(PIECE)
end

collectgarbage()
local before, most = collectgarbage 'count', 0
local numbered = assert(funcs.call('demo:lines#number', text))

-- Every other piece of it is passed on, in capitals.
local kept = false
local function every_other()
  for piece in numbered:each() do
    most = math.max(most, collectgarbage 'count' - before)
    kept = not kept
    if kept then return piece:upper() end
  end
end
local count = assert(funcs.call('demo:lines#count', every_other))
print(('passed on: %s of the lines'):format(count > LINES / 4 and count < LINES and 'some' or 'none or all'))
print(('memory: %s'):format(most < 16 * 1024 and 'bounded' or most .. ' KiB'))

-- Calls of one instance, which wait for Lua side by side.
local waiting = {}
for i, word in ipairs { 'crumb', 'dusk', 'zax' } do
  waiting[i] = funcs.async('demo:lines#explain', word)
end
for _, each in ipairs(waiting) do
  print((each:await()))
end
