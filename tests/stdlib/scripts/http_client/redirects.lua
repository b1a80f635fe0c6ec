print(http.get(url .. '/redirect/3').url == url .. '/echo')
local r, problem = http.get(url .. '/redirect/3', { redirects = 2 })
print(r, problem:kind())
print(http.get(url .. '/redirect/3', { redirects = 0 }).headers.location)
