local pid = assert(process.spawn('t:echo', 't:processes', 3))
local answers = process.listen 'answer'
local sent = { x = 1 }
process.send(pid, 'ask', 'one')
process.send(pid, 'ask', { x = 2 })
print('one', answers:receive() == 'one' and answers:receive().x, (answers:receive '1ms'))
process.send(process.pid(), 'ask', sent)
sent.x = 2
process.send(process.pid(), 'numbers', 1, 2, 3)
local inbox = process.inbox()
local msg = inbox:receive()
print(msg:payload():data().x == 1 and 'first', msg:topic(), msg:from() == process.pid())
print(inbox:receive():payload():data(), inbox:receive():payload():data(), (inbox:receive():payload():data()))
print(process.unlisten(answers), (answers:receive()))
print(process.unlisten(answers))
