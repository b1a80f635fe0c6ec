local chunk = require('lua.scripts.scripts').script(
  'local c = channel.new()\n return select(2, pcall(function() c:receive() end))'
    .. ', select(2, pcall(function() time.sleep(0) end)), select(2, pcall(function() return time.after(9e9):receive() end))',
  '@s.lua',
  require 'stdlib.modules'
)
return chunk()
