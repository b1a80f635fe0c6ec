-- Which addresses a guest may use, by the `wasi.network` of its entry (host/wasi/network.py, which makes the rules).
--
-- A rule is {low =, high =, any =, ip =, bits =, names =}: ports, and all addresses, or those that begin as `ip` does, or those of a name.
-- A name stands for addresses that a look-up of this instance has given in the last minutes, and never for those of the machine itself or
-- of its own network: the server that answers for a name could give one to reach what only this machine reaches (DNS rebinding). Those must
-- be granted as addresses; only `localhost` means the machine itself.

local address = require 'lua.wasi.sockets.address'
local clock = require 'lua.dispatcher.clock'

local M = {}

-- How long what a name stood for is remembered, in nanoseconds, and how many addresses at most.
local REMEMBERED, MOST = 600e9, 4096

local NOTHING = { connect = {}, listen = {} }

local function rules_of(instance, what)
  local network = instance.world and instance.world.network or NOTHING
  return network[what] or {}
end

local function begins(ip, rule)
  local own, bits = rule.ip, rule.bits
  if #own ~= #ip then return false end
  local whole = math.floor(bits / 8)
  if ip:sub(1, whole) ~= own:sub(1, whole) then return false end
  local rest = bits - 8 * whole
  if rest == 0 then return true end
  return bit.rshift(bit.bxor(ip:byte(whole + 1), own:byte(whole + 1)), 8 - rest) == 0
end

local function stands_for(instance, rule, ip)
  local known = instance.looked_up and instance.looked_up[ip]
  if not known then return false end
  for _, name in ipairs(rule.names) do
    if known[name] and known[name] > clock.system() then return true end
  end
  return false
end

local function grants(instance, rule, ip, port)
  if port < rule.low or port > rule.high then return false end
  if rule.any then return true end
  if rule.names then return stands_for(instance, rule, ip) end
  return begins(ip, rule)
end

local function is_granted(instance, what, ip, port)
  for _, rule in ipairs(rules_of(instance, what)) do
    if grants(instance, rule, ip, port) then return true end
  end
  return false
end

--- Tells whether a guest may connect or send to an address.
---@param instance Instance
---@param remote ffi.cdata* mw_address
---@return boolean
function M.may_connect(instance, remote) return is_granted(instance, 'connect', address.ip(remote), address.port(remote)) end

--- Tells whether a guest may be reached at a local address, whose port it asked for: 0 for any free one.
---@param instance Instance
---@param own ffi.cdata* mw_address
---@param asked integer
---@return boolean
function M.may_listen(instance, own, asked) return is_granted(instance, 'listen', address.ip(own), asked) end

--- Tells whether a guest may bind a socket that is not reached by others: to any address of the machine, at a free port.
---@param instance Instance
---@param asked integer
---@return boolean
function M.may_bind(instance, asked)
  return asked == 0 and (rules_of(instance, 'connect')[1] ~= nil or rules_of(instance, 'listen')[1] ~= nil)
end

--- Tells whether a guest may look up a name, in lower case.
---@param instance Instance
---@param name string
---@return boolean
function M.may_look_up(instance, name)
  for _, rule in ipairs(rules_of(instance, 'connect')) do
    if rule.any then return true end
    for _, own in ipairs(rule.names or {}) do
      if own == name then return true end
    end
  end
  return false
end

-- Tells whether anything is granted of an address, at whatever port.
local function is_known(instance, ip)
  for _, rule in ipairs(rules_of(instance, 'connect')) do
    if rule.any or rule.ip and begins(ip, rule) then return true end
  end
  return false
end

local function is_local_name(name) return name == 'localhost' or name:find '%.localhost$' ~= nil end

local function forget_old(instance)
  local now, count = clock.system(), 0
  for ip, known in pairs(instance.looked_up) do
    for name, till in pairs(known) do
      if till <= now then known[name] = nil end
    end
    if next(known) then
      count = count + 1
    else
      instance.looked_up[ip] = nil
    end
  end
  instance.looked_up_count = count
end

--- Takes what a look-up of a name has given, a list of {ip = bytes, reach = 'public', 'own' or 'near'}: gives those that the guest may
--- connect to at some port.
---@param instance Instance
---@param name string
---@param found border.FoundAddress[]
---@return string[]
function M.looked_up(instance, name, found)
  local out = {}
  instance.looked_up, instance.looked_up_count = instance.looked_up or {}, instance.looked_up_count or 0
  if instance.looked_up_count >= MOST then forget_old(instance) end
  for _, each in ipairs(found) do
    local by_name = each.reach == 'public' or each.reach == 'own' and is_local_name(name)
    if by_name and (instance.looked_up[each.ip] or instance.looked_up_count < MOST) then
      local known = instance.looked_up[each.ip]
      if not known then
        known, instance.looked_up_count = {}, instance.looked_up_count + 1
        instance.looked_up[each.ip] = known
      end
      known[name] = clock.system() + REMEMBERED
    end
    if by_name or is_known(instance, each.ip) then out[#out + 1] = each.ip end
  end
  return out
end

return M
