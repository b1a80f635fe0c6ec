-- tcp-socket of wasi:sockets 0.3, over lua/wasi/sockets/tcp.lua. A socket whose guest has dropped it lives until its streams have ended.
-- Source: the WIT of wasi:sockets 0.3.

local calls = require 'lua.tasks.calls'
local addresses = require 'lua.wasi.p3.addresses'
local connection = require 'lua.wasi.sockets.connection'
local dispatcher = require 'lua.dispatcher.dispatcher'
local held = require 'lua.wasi.p3.held'
local errors = require 'lua.wasi.sockets.errors'
local options = require 'lua.wasi.sockets.options'
local tcp = require 'lua.wasi.sockets.tcp'
local transfers = require 'lua.wasi.p3.transfers'

local tcp_sockets = held 'wasi:sockets/types#tcp-socket'
local failed, done = addresses.failed, addresses.done

-- How long a listener waits that has no room for another socket, in nanoseconds.
local SOON = 20e6

local function hold(socket) socket.users = (socket.users or 1) + 1 end

local function release(socket)
  socket.users = (socket.users or 1) - 1
  if socket.users == 0 then tcp.close(socket) end
end

-- A failure of a connection's source or sink.
local function code_of(why)
  if why.closed then return 'connection-broken' end
  return addresses.code(why.network or errors.UNKNOWN)
end

local function create(who, family)
  local socket, code = tcp.open(who.instance, family == 'ipv4' and 4 or 6)
  if not socket then return failed(code) end
  return { ok = tcp_sockets.new(socket) }
end

local function bind(_, socket, wanted)
  local code = tcp.start_bind(socket, addresses.to_system(wanted))
  return done(code or tcp.finish_bind(socket))
end

local function connect(_, socket, remote)
  local code = tcp.start_connect(socket, addresses.to_system(remote))
  if code then return failed(code) end
  return transfers.task(function()
    local made
    repeat
      transfers.wait(socket.source)
      made, code = tcp.finish_connect(socket)
    until made or code ~= errors.WOULD_BLOCK
    return done(not made and code or nil)
  end, function() tcp.close(socket) end)
end

-- The connections of a listener: what its stream reads.
local function arrivals(socket)
  local source = { of_host = true }
  function source.take()
    while true do
      local accepted, code = tcp.accept(socket)
      if accepted then return { { value = tcp_sockets.new(accepted) } } end
      if code == errors.WOULD_BLOCK then
        transfers.wait(socket.source)
      elseif code == errors.INVALID_STATE or code == errors.INVALID_ARGUMENT then
        return nil
      elseif code ~= errors.CONNECTION_ABORTED then
        -- There is no room for it, which may change.
        local problem = dispatcher.sleep(SOON, 'wasi:sockets')
        if problem then error(problem, 0) end
      end
    end
  end
  function source.abandon(list) tcp.close(tcp_sockets.take(list[1].value)) end
  function source.close() release(socket) end
  return source
end

local function listen(who, socket)
  if socket.state == 'unbound' then
    local code = tcp.start_bind(socket, addresses.anywhere(socket.family))
    if code then return failed(code) end
    tcp.finish_bind(socket)
  end
  local code = tcp.start_listen(socket)
  if code then return failed(code) end
  tcp.finish_listen(socket)
  hold(socket)
  local stream = transfers.reading(who, arrivals(socket), addresses.code)
  return { ok = stream }
end

local function send(who, socket, stream)
  if socket.state ~= 'connected' or socket.sends then return transfers.refused(stream, failed(errors.INVALID_STATE)) end
  socket.sends = true
  hold(socket)
  local sink = setmetatable({}, { __index = socket.connection.sink })
  function sink.finish() connection.end_output(socket.connection) end
  function sink.close() release(socket) end
  return transfers.writing(who, stream, sink, code_of)
end

local function receive(who, socket)
  if socket.state ~= 'connected' or socket.receives then return { transfers.ended(failed(errors.INVALID_STATE)) } end
  socket.receives = true
  hold(socket)
  local source = setmetatable({}, { __index = socket.connection.source })
  function source.close()
    connection.end_input(socket.connection)
    release(socket)
  end
  return { transfers.reading(who, source, code_of) }
end

local methods = {
  ['bind'] = bind,
  ['connect'] = connect,
  ['listen'] = listen,
  ['send'] = send,
  ['receive'] = receive,
  ['get-local-address'] = addresses.addressed(tcp.local_address),
  ['get-remote-address'] = addresses.addressed(tcp.remote_address),
  ['get-is-listening'] = function(_, socket) return tcp.is_listening(socket) end,
  ['get-address-family'] = function(_, socket) return socket.family == 4 and 'ipv4' or 'ipv6' end,
  ['set-listen-backlog-size'] = function(_, socket, count) return done(tcp.set_backlog(socket, tonumber(count))) end,
}

for name, of in pairs {
  ['keep-alive-enabled'] = { options.keep_alive, options.set_keep_alive, 'bool' },
  ['keep-alive-idle-time'] = { options.keep_alive_idle, options.set_keep_alive_idle },
  ['keep-alive-interval'] = { options.keep_alive_interval, options.set_keep_alive_interval },
  ['keep-alive-count'] = { options.keep_alive_count, options.set_keep_alive_count },
  ['hop-limit'] = { options.hop_limit, options.set_hop_limit },
  ['receive-buffer-size'] = { options.receive_buffer, options.set_receive_buffer },
  ['send-buffer-size'] = { options.send_buffer, options.set_send_buffer },
} do
  local get, set = addresses.option(of[1], of[2], of[3])
  methods['get-' .. name], methods['set-' .. name] = get, set
end

local functions = {
  ['[static]tcp-socket.create'] = create,
  ['[resource-drop]tcp-socket'] = function(value)
    if tcp_sockets.peek(value) then release(tcp_sockets.take(value)) end
  end,
}
for name, f in pairs(methods) do
  functions['[method]tcp-socket.' .. name] = function(who, socket, ...) return f(who, tcp_sockets.mine(who, socket), ...) end
end
calls.provide('wasi:sockets/types', functions)
