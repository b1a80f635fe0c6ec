package.path = ... .. '/?.lua'
local env = setmetatable({
  buffer = require 'string.buffer',
  M = require 'lua.values.intermediate',
  optional = require 'lua.values.optional',
  errors = require 'lua.values.errors',
  ffi = require 'ffi',
}, { __index = _G })
return function(source, ...)
  local f = assert(loadstring(source))
  return setfenv(f, env)(...)
end
