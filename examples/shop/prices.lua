-- Answers acme:shop/prices: a price list, and bills, a resource that the guest makes and writes to.

local time = require 'time'

local CENTS = { bread = 250, cheese = 1200, wine = 1850 }

---@type imports.acme_shop_prices
local prices = {}

-- A result<u32, string>: the value, or nil and what went wrong. It may wait: its guest waits, the lane goes on.
function prices.price_of(item)
  time.sleep '1ms'
  local cents = CENTS[item]
  if not cents then return nil, 'not sold here' end
  return cents
end

---@type imports.acme_shop_prices.bill
local bill = {}
prices.bill = bill

function bill.new(customer) return { customer = customer, lines = {}, cents = 0 } end

function bill:add_line(item, count, cents)
  self.cents = self.cents + cents
  table.insert(self.lines, ('  %d %s: %.2f'):format(count, item, cents / 100))
end

function bill:text() return ('%s\n%s\n  total: %.2f'):format(self.customer, table.concat(self.lines, '\n'), self.cents / 100) end

function bill:drop() print('the bill of ' .. self.customer .. ' is done') end

return prices
