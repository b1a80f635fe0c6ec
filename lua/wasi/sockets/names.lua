-- Look-ups of names, by wasi:sockets/ip-name-lookup: made by Python on another thread (host/wasi/look_ups.py), while the guest waits or
-- does something else. Only names that the entry grants are looked up; a look-up that nobody waits for any more is forgotten.

local away = require 'lua.dispatcher.away'
local address = require 'lua.wasi.sockets.address'
local errors = require 'lua.wasi.sockets.errors'
local held = require 'lua.wasi.sockets.held'
local orders = require 'lua.lane.orders'
local permissions = require 'lua.wasi.sockets.permissions'

local M = {}

-- How long a name may be, in bytes, and how many look-ups an instance may wait for at once.
local LONGEST, MOST = 1000, 100

-- Tells whether a name is one that could be looked up. What is written in other letters is put into those of DNS later; numbers, which some
-- systems take for addresses in old notations, are not names.
local function is_name(name)
  if #name > LONGEST then return false end
  local last ---@type string?
  for label, dot in (name:gsub('%.$', '')):gmatch '([^.]*)(%.?)' do
    if label == '' and dot == '' then break end
    if not label:find '^[%w_\128-\255-]+$' or #label > 63 and not label:find '[\128-\255]' then return false end
    last = label
  end
  if not last then return false end
  return not last:find '^%d+$' and not last:find '^0[xX]%x*$'
end

-- A source (lua/wasi/p2/poll.lua) that is ready when the answer is there.
local function source_of(stream)
  local watchers = {}
  local source = {}
  function source.ready() return stream.over end
  function source.watch(task, generation, wake)
    local function tell() wake(task, generation) end
    if stream.over then
      tell()
    else
      watchers[tell] = true
    end
    return function() watchers[tell] = nil end
  end
  function source.notify()
    for tell in pairs(watchers) do
      tell()
    end
  end
  return source
end

---@param answer border.NameFound|border.NameFailure
local function answered(stream, name, answer)
  if stream.over then return end
  local instance = stream.instance
  stream.over = true
  instance.look_ups = instance.look_ups - 1
  held.remove(instance, stream)
  if answer.failed then
    stream.failed = answer.code or errors.UNKNOWN
  else
    stream.found = permissions.looked_up(instance, name, answer.addresses)
    -- All that was found belongs to the machine's own network, which a name does not grant.
    if not stream.found[1] then stream.failed = answer.addresses[1] and errors.ACCESS_DENIED or errors.NAME_UNRESOLVABLE end
  end
  stream.source.notify()
end

--- Forgets a look-up.
---@param stream table
function M.close(stream)
  if stream.over then return end
  stream.over, stream.failed = true, errors.UNKNOWN
  stream.instance.look_ups = stream.instance.look_ups - 1
  held.remove(stream.instance, stream)
  orders.give('look_up', stream.ticket, false, '')
end

--- Begins to look a name up: gives the stream of its addresses, or nil and a case of error-code.
---@param instance Instance
---@param text string
---@return table? stream
---@return integer? code
function M.begin(instance, text)
  local stream = { kind = 'resolve-address-stream', instance = instance, over = false, next = 1 }
  stream.source = source_of(stream)
  local ip = address.parse(text)
  if ip then
    stream.over, stream.found = true, { ip }
    return stream
  end
  if not is_name(text) then return nil, errors.INVALID_ARGUMENT end
  local name = text:lower():gsub('%.$', '')
  if not permissions.may_look_up(instance, name) then return nil, errors.ACCESS_DENIED end
  instance.look_ups = instance.look_ups or 0
  if instance.look_ups >= MOST then return nil, errors.TEMPORARY_RESOLVER_FAILURE end
  if not away.open then return nil, errors.NOT_SUPPORTED end
  instance.look_ups = instance.look_ups + 1
  held.add(instance, stream, M.close)
  stream.ticket = away.expect(function(answer) answered(stream, name, answer) end)
  orders.give('look_up', stream.ticket, true, name, function() away.answered(stream.ticket, { failed = true }) end)
  return stream
end

--- Gives the next address, as 4 or 16 bytes, or nil after the last; or false and a case of error-code.
---@param stream table
---@return string|false|nil
---@return integer? code
function M.next(stream)
  if not stream.over then return false, errors.WOULD_BLOCK end
  if stream.failed then return false, stream.failed end
  local ip = stream.found[stream.next]
  if ip then stream.next = stream.next + 1 end
  return ip
end

return M
