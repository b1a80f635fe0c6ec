return function(watches)
  if watches then
    local event = process.events():receive()
    process.send(event.from, 'seen', event.kind, event.from == watches, event.reason)
  end
  return process.inbox():receive():payload():data()
end
