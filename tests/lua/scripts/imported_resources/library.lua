local Cart = {}
function Cart.new(owner) return { owner = owner, total = 0 } end
function Cart.add_item(cart, price)
  cart.total = cart.total + price
  return cart.total
end
function Cart.merge(a, b) return { owner = a.owner .. b.owner, total = a.total + b.total } end
function Cart.drop(cart) print('dropped ' .. cart.owner .. ' ' .. cart.total) end
local function sum(carts)
  local all = 0
  for _, cart in ipairs(carts) do
    all = all + cart.total
  end
  return all
end
local function find(owner)
  if owner == 'anna' then return { owner = owner, total = 5 } end
end
return { cart = Cart, sum = sum, find = find }
