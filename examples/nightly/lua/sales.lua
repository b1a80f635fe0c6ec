-- Reads files of sales: a line each, a product and an amount.
local sales = {}

--- Returns the amounts by product, or nil and what is wrong with which line.
function sales.parse(text)
  local amounts, number = {}, 0
  for line in text:gmatch '[^\n]+' do
    number = number + 1
    local product, amount = line:match '^(%a+)%s+(%d+)$'
    if not product then return nil, 'line ' .. number .. ' is not a sale: ' .. line end
    amounts[product] = (amounts[product] or 0) + tonumber(amount)
  end
  return amounts
end

return sales
