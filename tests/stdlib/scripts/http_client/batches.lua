local requests = { { 'GET', url .. '/1' }, { 'GET', 'http://127.0.0.1:1/' }, { 'POST', url .. '/3', { body = 'b' } } }
local responses, problems = http.request_batch(requests)
print(responses[1].status_code, responses[2], responses[3].status_code, problems[1], problems[2]:kind())
responses, problems = http.request_batch { { 'GET', url } }
print(#responses, problems)
responses, problems = http.request_batch {}
print(#responses, problems)
