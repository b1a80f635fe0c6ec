local events = process.events()
process.set_options { trap_links = true }
process.spawn_linked('t:fails', nil, 'bad')
local event = events:receive()
print(event.kind, event.result.error:message())
process.set_options { trap_links = false }
process.spawn_linked_monitored('t:ends', nil, 7)
print(events:receive().result.value)
process.unlink((process.spawn_linked('t:fails', nil, 'bad')))
time.sleep '1ms'
process.spawn_linked('t:fails', nil, 'bad')
time.sleep '1h'
