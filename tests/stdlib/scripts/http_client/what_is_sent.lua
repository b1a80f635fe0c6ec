print(http.get(url .. '/e?x=1#f', { query = { b = { 1, 2 }, a = 'ü &' }, headers = { ['X-One'] = { '1', '2' } } }).body)
print(http.post(url, { form = { a = 'x y', b = true } }).body)
print(http.post(url, { json = { a = { 1 } } }).body)
print(http.put(url, { body = 'plain', headers = { ['content-type'] = 'text/x' } }).body)
