-- wasi:sockets/network, instance-network and ip-name-lookup, and what the other interfaces of wasi:sockets share: their results.
-- Source: the WIT of wasi:sockets 0.2.

local address = require 'lua.wasi.sockets.address'
local ffi = require 'ffi'
local linking = require 'lua.guest.linking'
local memory = require 'lua.guest.memory'
local names = require 'lua.wasi.sockets.names'
local objects = require 'lua.guest.objects'
local poll = require 'lua.wasi.p2.poll'
local protocol = require 'lua.guest.protocol'
local text = require 'lua.values.utf8'

local M = {}

-- Results ----------------------------------------------------------------------------------------------------------------

--- Writes result<_, error-code> at `ret`: an error where there is a code.
function M.put_result(instance, ret, code)
  local into = memory.at(instance, ret, 2)
  into[0], into[1] = code and 1 or 0, code or 0
end

--- Writes the err side of a result whose sides lie `offset` behind its beginning. The caller has looked at the whole of its place.
function M.put_error(instance, ret, offset, code)
  local into = memory.at(instance, ret, offset + 1)
  into[0], into[offset] = 1, code
end

--- Writes result<own<...>, error-code> of one, two or three handles.
function M.put_handles(instance, ret, ...)
  memory.put8(instance, ret, 0)
  for i = 1, select('#', ...) do
    memory.put32(instance, ret + 4 * i, (select(i, ...)))
  end
end

--- Writes result<ip-socket-address, error-code>.
function M.put_address(instance, ret, found, code)
  local into = memory.at(instance, ret, 36, 4)
  if not found then return M.put_error(instance, ret, 4, code) end
  into[0] = 0
  address.put(into + 4, found)
end

-- Writes a number of `size` bytes as the ok side of a result.
local function put_number(instance, ret, size, value)
  local into = memory.at(instance, ret, 2 * size, size)
  into[0] = 0
  if size == 1 then
    into[1] = value
  elseif size == 4 then
    memory.put32(instance, ret + 4, value)
  else
    memory.put64(instance, ret + 8, value)
  end
end

--- Makes the method that gets an option of a socket, a number of `size` bytes: get(socket) gives it, or nil and a case of error-code.
function M.getter(socket_of, get, size)
  return function(instance, io)
    local socket, ret = socket_of(instance, io), io[1].u32
    memory.at(instance, ret, 2 * size, size)
    local value, code = get(socket)
    if not value then return M.put_error(instance, ret, size, code) end
    put_number(instance, ret, size, value)
  end
end

--- Makes the method that sets one, given as a `u8`, `u32` or `u64`: set(socket, value) gives a case of error-code, or nil.
function M.setter(socket_of, set, kind)
  return function(instance, io)
    local socket, ret = socket_of(instance, io), io[2].u32
    memory.at(instance, ret, 2)
    local value = kind == 'u64' and tonumber(io[1].u64) or io[1].u32
    if kind == 'u8' then value = value % 256 end
    M.put_result(instance, ret, set(socket, value))
  end
end

--- Gives the family of a guest's ip-address-family: 4 or 6.
function M.family(case)
  if case > 1 then protocol.trap 'the guest gives the host a family of addresses that there is not' end
  return case == 0 and 4 or 6
end

--- Gives the address that a guest passes as core values.
function M.address(io, at)
  return address.of_values(io, at) or protocol.trap 'the guest gives the host an address of a kind that there is not'
end

-- Interfaces -----------------------------------------------------------------------------------------------------------

linking.provide('wasi:sockets/instance-network', {
  ['instance-network'] = function(instance, io) io[0].u64 = objects.hand(instance, { kind = 'network' }) end,
})

linking.provide('wasi:sockets/network', {
  ['[resource-drop]network'] = function(instance, io) objects.drop(instance, io[0].u32, 'network') end,
  -- option<error-code>
  ['network-error-code'] = function(instance, io)
    local code = objects.object(instance, io[0].u32, 'error').network
    local into = memory.at(instance, io[1].u32, 2)
    into[0], into[1] = code and 1 or 0, code or 0
  end,
})

local function stream_of(instance, io) return objects.object(instance, io[0].u32, 'resolve-address-stream') end

linking.provide('wasi:sockets/ip-name-lookup', {
  ['resolve-addresses'] = function(instance, io)
    objects.object(instance, io[0].u32, 'network')
    local name, ret = memory.bytes(instance, io[1].u32, io[2].u32), io[3].u32
    memory.at(instance, ret, 8, 4)
    if not text.string_is_utf8(name) then return 'the guest gives the host a string that is not UTF-8' end
    local stream, code = names.begin(instance, name)
    if not stream then return M.put_error(instance, ret, 4, code) end
    M.put_handles(instance, ret, objects.hand(instance, stream))
  end,
  -- result<option<ip-address>, error-code>
  ['[method]resolve-address-stream.resolve-next-address'] = function(instance, io)
    local stream, ret = stream_of(instance, io), io[1].u32
    local into = memory.at(instance, ret, 22, 2)
    local ip, code = names.next(stream)
    if ip == false then return M.put_error(instance, ret, 2, code) end
    ffi.fill(into, 22)
    if not ip then return end
    into[2] = 1
    if #ip == 4 then
      ffi.copy(into + 6, ip, 4)
      return
    end
    into[4] = 1
    address.put_segments(into + 6, ffi.cast('const uint8_t *', ip))
  end,
  ['[method]resolve-address-stream.subscribe'] = function(instance, io)
    local stream = stream_of(instance, io)
    io[0].u64 = poll.of_source(instance, stream.source, stream)
  end,
  ['[resource-drop]resolve-address-stream'] = function(instance, io)
    local stream = stream_of(instance, io)
    objects.drop(instance, io[0].u32, 'resolve-address-stream')
    names.close(stream)
  end,
})

return M
