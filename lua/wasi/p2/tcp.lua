-- wasi:sockets/tcp and tcp-create-socket, over lua/wasi/sockets/tcp.lua. Source: the WIT of wasi:sockets 0.2.

local linking = require 'lua.guest.linking'
local memory = require 'lua.guest.memory'
local network = require 'lua.wasi.p2.network'
local objects = require 'lua.guest.objects'
local options = require 'lua.wasi.sockets.options'
local poll = require 'lua.wasi.p2.poll'
local tcp = require 'lua.wasi.sockets.tcp'
require 'lua.wasi.p2.streams'

local put_result, put_error, put_handles = network.put_result, network.put_error, network.put_handles

local function socket_of(instance, io) return objects.object(instance, io[0].u32, 'tcp-socket') end

-- Hands over the two streams of a connection, which belong to its socket.
local function streams(instance, socket, connection)
  local input = objects.hand(instance, { kind = 'input-stream', source = connection.source }, socket)
  return input, objects.hand(instance, { kind = 'output-stream', sink = connection.sink }, socket)
end

-- A method that starts something with an address of a network, or finishes something.
local function starter(f)
  return function(instance, io)
    local socket, ret = socket_of(instance, io), io[14].u32
    objects.object(instance, io[1].u32, 'network')
    local given = network.address(io, 2)
    memory.at(instance, ret, 2)
    put_result(instance, ret, f(socket, given))
  end
end
local function plain(f)
  return function(instance, io)
    local socket, ret = socket_of(instance, io), io[1].u32
    memory.at(instance, ret, 2)
    put_result(instance, ret, f(socket))
  end
end

-- result<ip-socket-address, error-code>
local function addressed(f)
  return function(instance, io)
    local socket, ret = socket_of(instance, io), io[1].u32
    network.put_address(instance, ret, f(socket))
  end
end

local functions = {
  ['[method]tcp-socket.start-bind'] = starter(tcp.start_bind),
  ['[method]tcp-socket.finish-bind'] = plain(tcp.finish_bind),
  ['[method]tcp-socket.start-connect'] = starter(tcp.start_connect),
  -- result<tuple<input-stream, output-stream>, error-code>
  ['[method]tcp-socket.finish-connect'] = function(instance, io)
    local socket, ret = socket_of(instance, io), io[1].u32
    memory.at(instance, ret, 12, 4)
    local connection, code = tcp.finish_connect(socket)
    if not connection then return put_error(instance, ret, 4, code) end
    put_handles(instance, ret, streams(instance, socket, connection))
  end,
  ['[method]tcp-socket.start-listen'] = plain(tcp.start_listen),
  ['[method]tcp-socket.finish-listen'] = plain(tcp.finish_listen),
  -- result<tuple<tcp-socket, input-stream, output-stream>, error-code>
  ['[method]tcp-socket.accept'] = function(instance, io)
    local socket, ret = socket_of(instance, io), io[1].u32
    memory.at(instance, ret, 16, 4)
    local accepted, code = tcp.accept(socket)
    if not accepted then return put_error(instance, ret, 4, code) end
    put_handles(instance, ret, objects.hand(instance, accepted), streams(instance, accepted, accepted.connection))
  end,
  ['[method]tcp-socket.local-address'] = addressed(tcp.local_address),
  ['[method]tcp-socket.remote-address'] = addressed(tcp.remote_address),
  ['[method]tcp-socket.is-listening'] = function(instance, io) io[0].u64 = tcp.is_listening(socket_of(instance, io)) and 1 or 0 end,
  ['[method]tcp-socket.address-family'] = function(instance, io) io[0].u64 = socket_of(instance, io).family == 4 and 0 or 1 end,
  ['[method]tcp-socket.set-listen-backlog-size'] = function(instance, io)
    local socket, count, ret = socket_of(instance, io), tonumber(io[1].u64), io[2].u32
    put_result(instance, ret, tcp.set_backlog(socket, count))
  end,
  ['[method]tcp-socket.subscribe'] = function(instance, io)
    local socket = socket_of(instance, io)
    io[0].u64 = poll.of_source(instance, socket.source, socket)
  end,
  ['[method]tcp-socket.shutdown'] = function(instance, io)
    local socket, how, ret = socket_of(instance, io), io[1].u32, io[2].u32
    if how > 2 then return 'the guest ends a direction of a connection that there is not' end
    memory.at(instance, ret, 2)
    put_result(instance, ret, tcp.shutdown(socket, how ~= 1, how ~= 0))
  end,
  ['[resource-drop]tcp-socket'] = function(instance, io)
    local socket = socket_of(instance, io)
    objects.drop(instance, io[0].u32, 'tcp-socket')
    tcp.close(socket)
  end,
}

for name, of in pairs {
  ['keep-alive-enabled'] = { options.keep_alive, options.set_keep_alive, 1, 'u32' },
  ['keep-alive-idle-time'] = { options.keep_alive_idle, options.set_keep_alive_idle, 8, 'u64' },
  ['keep-alive-interval'] = { options.keep_alive_interval, options.set_keep_alive_interval, 8, 'u64' },
  ['keep-alive-count'] = { options.keep_alive_count, options.set_keep_alive_count, 4, 'u32' },
  ['hop-limit'] = { options.hop_limit, options.set_hop_limit, 1, 'u8' },
  ['receive-buffer-size'] = { options.receive_buffer, options.set_receive_buffer, 8, 'u64' },
  ['send-buffer-size'] = { options.send_buffer, options.set_send_buffer, 8, 'u64' },
} do
  functions['[method]tcp-socket.' .. name] = network.getter(socket_of, of[1], of[3])
  functions['[method]tcp-socket.set-' .. name] = network.setter(socket_of, of[2], of[4])
end

linking.provide('wasi:sockets/tcp', functions)

linking.provide('wasi:sockets/tcp-create-socket', {
  ['create-tcp-socket'] = function(instance, io)
    local family, ret = network.family(io[0].u32), io[1].u32
    memory.at(instance, ret, 8, 4)
    local socket, code = tcp.open(instance, family)
    if not socket then return put_error(instance, ret, 4, code) end
    put_handles(instance, ret, objects.hand(instance, socket))
  end,
})
