local funcs = require 'funcs'
local shop = assert(funcs.import 'app:shop')
local sum = shop.total_of(1)
local other = funcs.call('app:shop#total-of', 2)
local greeting = funcs.call('app:greet', 'Ann')
if sum and other and greeting then print(sum + other, greeting.text, shop.cart.add_one(3)) end
