local funcs = require 'funcs'

for _, customer in ipairs { 'Ann', 'Bob' } do
  print((funcs.call('invoice:write', customer, {
    { item = 'bread', cents = 250, rate = 'reduced' },
    { item = 'wine', cents = 1850, rate = 'full' },
  })))
end
print('tax of 10.00:', funcs.call('invoice:tax', 1000, 'full'))
