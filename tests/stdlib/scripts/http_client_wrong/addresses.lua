local r, e = require('http_client').get([[URL]])
local text = tostring(e)
assert(not r and text:find([[EXPECTED]], 1, true), text)
assert(not text:find('s3cret', 1, true) and not text:find('Errno', 1, true), text)
