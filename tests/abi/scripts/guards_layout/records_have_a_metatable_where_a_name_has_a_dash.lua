local alias_meta = require('lua.abi.lift').alias_meta
local meta = alias_meta { fields = { { name = 'a-b' }, { name = 'c' } } }
local record = setmetatable({ ['a-b'] = 1, c = 2 }, meta)
assert(record.a_b == 1 and record.c == 2 and record['a-b'] == 1 and record.a_c == nil and getmetatable(record) == 'record')
return alias_meta { fields = { { name = 'a' }, { name = 'c' } } } == nil
