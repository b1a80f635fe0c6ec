for _, index in ipairs { 0, 1, 2, 7, 65535, 0x1000000, 0x7fffffff, 0xffffffff } do
  fails('Internal', 'is not a handle of the guest', 'raw', index)
end
local h = works('make', 5)
assert(works('look', h) == 5)
