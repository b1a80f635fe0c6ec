return function(what)
  process.registry.register('limited', (process.spawn(what)))
  time.sleep '1h'
end
