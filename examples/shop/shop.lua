local funcs = require 'funcs'

print(
  (
    assert(
      funcs.call('shop:checkout', 'Ann', { { item = 'bread', count = 2 }, { item = 'caviar', count = 1 }, { item = 'wine', count = 1 } })
    )
  )
)

local bill, err = funcs.call('shop:checkout', 'Bob', { { item = 'gold', count = 1 } })
print(bill, err)
