return function()
  process.registry.register 'starter'
  local pid = process.spawn('t:idle', nil)
  process.registry.register('grandchild', pid)
  process.inbox():receive()
end
