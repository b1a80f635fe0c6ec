local calls, optional = require 'lua.calls.calls', require 'lua.values.optional'
local reads = 0
local function read()
  reads = reads + 1
  return reads
end
local forged = setmetatable({}, { __metatable = getmetatable(optional.some(1)), __index = read, __len = read })
local value, problem = calls.call('t:echo-option-option', forged)
local list = setmetatable({ 1, 2 }, { __len = read, __index = read, __pairs = read, __ipairs = read })
return value, problem, reads, (calls.call('t:sum-s32', list))
