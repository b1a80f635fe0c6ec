local r, problem = http.get(url .. '/large', { max_body_bytes = 1000 })
print(r, problem:kind(), problem)
r = http.get(url .. '/large', { max_body_bytes = 100000, stream = true })
local piece
repeat
  piece, problem = r.stream:read()
until not piece
print(problem:kind())
