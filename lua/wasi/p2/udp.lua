-- wasi:sockets/udp and udp-create-socket, over lua/wasi/sockets/udp.lua. Source: the WIT of wasi:sockets 0.2.

local address = require 'lua.wasi.sockets.address'
local errors = require 'lua.wasi.sockets.errors'
local ffi = require 'ffi'
local linking = require 'lua.guest.linking'
local memory = require 'lua.guest.memory'
local network = require 'lua.wasi.p2.network'
local objects = require 'lua.guest.objects'
local options = require 'lua.wasi.sockets.options'
local poll = require 'lua.wasi.p2.poll'
local protocol = require 'lua.guest.protocol'
local udp = require 'lua.wasi.sockets.udp'

local put_result, put_error, put_handles = network.put_result, network.put_error, network.put_handles

-- Sizes of the records incoming-datagram and outgoing-datagram.
local INCOMING, OUTGOING = 40, 44

local p32 = ffi.typeof 'uint32_t *'

local function socket_of(instance, io) return objects.object(instance, io[0].u32, 'udp-socket') end
local function incoming_of(instance, io) return objects.object(instance, io[0].u32, 'incoming-datagram-stream') end
local function outgoing_of(instance, io) return objects.object(instance, io[0].u32, 'outgoing-datagram-stream') end

local functions = {
  ['[method]udp-socket.start-bind'] = function(instance, io)
    local socket, ret = socket_of(instance, io), io[14].u32
    objects.object(instance, io[1].u32, 'network')
    local given = network.address(io, 2)
    memory.at(instance, ret, 2)
    put_result(instance, ret, udp.start_bind(socket, given))
  end,
  ['[method]udp-socket.finish-bind'] = function(instance, io)
    local socket, ret = socket_of(instance, io), io[1].u32
    memory.at(instance, ret, 2)
    put_result(instance, ret, udp.finish_bind(socket))
  end,
  -- stream: func(remote-address: option<ip-socket-address>)
  --   -> result<tuple<incoming-datagram-stream, outgoing-datagram-stream>, error-code>
  ['[method]udp-socket.stream'] = function(instance, io)
    local socket, some, ret = socket_of(instance, io), io[1].u32, io[14].u32
    if some > 1 then return 'the guest gives the host an option that is neither none nor some' end
    local remote = some == 1 and network.address(io, 2) or nil
    memory.at(instance, ret, 12, 4)
    local generation, code = udp.stream(socket, remote)
    if not generation then return put_error(instance, ret, 4, code) end
    local incoming = objects.hand(instance, { kind = 'incoming-datagram-stream', socket = socket, generation = generation }, socket)
    local outgoing = { kind = 'outgoing-datagram-stream', socket = socket, generation = generation, permitted = 0 }
    put_handles(instance, ret, incoming, objects.hand(instance, outgoing, socket))
  end,
  ['[method]udp-socket.local-address'] = function(instance, io)
    local socket, ret = socket_of(instance, io), io[1].u32
    network.put_address(instance, ret, udp.local_address(socket))
  end,
  ['[method]udp-socket.remote-address'] = function(instance, io)
    local socket, ret = socket_of(instance, io), io[1].u32
    network.put_address(instance, ret, udp.remote_address(socket))
  end,
  ['[method]udp-socket.address-family'] = function(instance, io) io[0].u64 = socket_of(instance, io).family == 4 and 0 or 1 end,
  -- What is started with the socket itself never has to be waited for.
  ['[method]udp-socket.subscribe'] = function(instance, io) io[0].u64 = poll.of_source(instance, poll.always, socket_of(instance, io)) end,
  ['[resource-drop]udp-socket'] = function(instance, io)
    local socket = socket_of(instance, io)
    objects.drop(instance, io[0].u32, 'udp-socket')
    udp.close(socket)
  end,
}

for name, of in pairs {
  ['unicast-hop-limit'] = { options.hop_limit, options.set_hop_limit, 1, 'u8' },
  ['receive-buffer-size'] = { options.receive_buffer, options.set_receive_buffer, 8, 'u64' },
  ['send-buffer-size'] = { options.send_buffer, options.set_send_buffer, 8, 'u64' },
} do
  functions['[method]udp-socket.' .. name] = network.getter(socket_of, of[1], of[3])
  functions['[method]udp-socket.set-' .. name] = network.setter(socket_of, of[2], of[4])
end

-- Receiving --------------------------------------------------------------------------------------------------------------

-- result<list<incoming-datagram>, error-code>
functions['[method]incoming-datagram-stream.receive'] = function(instance, io)
  local stream, most, ret = incoming_of(instance, io), tonumber(io[1].u64), io[2].u32
  memory.at(instance, ret, 12, 4)
  local found, code = udp.receive(stream.socket, stream.generation, most)
  if not found then
    put_error(instance, ret, 4, code)
    return protocol.finish(io)
  end
  ---@type table
  local asked = { { size = INCOMING * #found, align = 4 } }
  for i, datagram in ipairs(found) do
    asked[i + 1] = { size = #datagram.data, align = 1 }
  end
  function asked.done()
    local list = asked[1].at
    for i, datagram in ipairs(found) do
      local at = list + INCOMING * (i - 1)
      memory.put_bytes(instance, at, asked[i + 1], datagram.data)
      address.put(memory.at(instance, at + 8, 32, 4), datagram.from)
    end
    put_handles(instance, ret, list, #found)
  end
  return memory.allocate(instance, io, asked)
end

functions['[method]incoming-datagram-stream.subscribe'] = function(instance, io)
  local stream = incoming_of(instance, io)
  io[0].u64 = poll.of_source(instance, stream.socket.readable, stream)
end

-- Sending ----------------------------------------------------------------------------------------------------------------

functions['[method]outgoing-datagram-stream.check-send'] = function(instance, io)
  local stream, ret = outgoing_of(instance, io), io[1].u32
  memory.at(instance, ret, 16, 8)
  stream.permitted = stream.socket.writable.ready() and udp.MOST or 0
  memory.put8(instance, ret, 0)
  memory.put64(instance, ret + 8, stream.permitted)
end

-- Sends the outgoing-datagram at an address; gives a case of error-code, or nil.
local function send(instance, stream, at)
  local record = memory.at(instance, at, OUTGOING, 4)
  local words = ffi.cast(p32, record)
  local from, size, some = memory.at(instance, words[0], words[1]), words[1], record[8]
  local remote
  if some == 1 then remote = address.of_memory(record + 12) end
  if some > 1 or some == 1 and not remote then protocol.trap 'the guest gives the host an address of a kind that there is not' end
  return udp.send(stream.socket, stream.generation, from, size, remote)
end

-- send: func(datagrams: list<outgoing-datagram>) -> result<u64, error-code>
functions['[method]outgoing-datagram-stream.send'] = function(instance, io)
  local stream, list, count, ret = outgoing_of(instance, io), io[1].u32, io[2].u32, io[3].u32
  memory.at(instance, ret, 16, 8)
  if count > stream.permitted then return ('the guest sends %d datagrams at once; check-send allows %d'):format(count, stream.permitted) end
  memory.at(instance, list, OUTGOING * count, 4)
  if count > 0 then stream.permitted = 0 end
  local sent, code = 0, nil
  while sent < count do
    code = send(instance, stream, list + OUTGOING * sent)
    if code then break end
    sent = sent + 1
  end
  if code and code ~= errors.WOULD_BLOCK and sent == 0 then return put_error(instance, ret, 8, code) end
  memory.put8(instance, ret, 0)
  memory.put64(instance, ret + 8, sent)
end

functions['[method]outgoing-datagram-stream.subscribe'] = function(instance, io)
  local stream = outgoing_of(instance, io)
  io[0].u64 = poll.of_source(instance, stream.socket.writable, stream)
end

for _, kind in ipairs { 'incoming-datagram-stream', 'outgoing-datagram-stream' } do
  functions['[resource-drop]' .. kind] = function(instance, io) objects.drop(instance, io[0].u32, kind) end
end

linking.provide('wasi:sockets/udp', functions)

linking.provide('wasi:sockets/udp-create-socket', {
  ['create-udp-socket'] = function(instance, io)
    local family, ret = network.family(io[0].u32), io[1].u32
    memory.at(instance, ret, 8, 4)
    local socket, code = udp.open(instance, family)
    if not socket then return put_error(instance, ret, 4, code) end
    put_handles(instance, ret, objects.hand(instance, socket))
  end,
})
