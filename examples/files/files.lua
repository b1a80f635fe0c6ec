local function sift()
  for _, log in ipairs(assert(funcs.call('demo:sift'))) do
    print(('%-12s %d of %d lines'):format(log.file, log.kept, log.lines))
  end
end

print('level warning')
sift()

env.set('LEVEL', 'error')
print('level error')
sift()

-- What the guest has written is an ordinary file.
local sifted = fs.get('demo:sifted')
local text = assert(sifted:readfile('morning.log'))
print('morning.log: ' .. text:gsub('\n', ''))

-- It writes where it may, and nowhere else.
for _, path in ipairs { '/sifted/note.txt', '/logs/note.txt', '/sifted/../logs/note.txt', '/etc/note.txt' } do
  local _, err = funcs.call('demo:write_note', path, 'hello')
  print(('%-26s %s'):format(path, err and err:message() or 'written'))
end
