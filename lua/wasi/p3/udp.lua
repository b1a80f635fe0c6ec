-- udp-socket and ip-name-lookup of wasi:sockets 0.3, over lua/wasi/sockets. Source: the WIT of wasi:sockets 0.3.

local calls = require 'lua.tasks.calls'
local addresses = require 'lua.wasi.p3.addresses'
local errors = require 'lua.wasi.sockets.errors'
local held = require 'lua.wasi.p3.held'
local names = require 'lua.wasi.sockets.names'
local options = require 'lua.wasi.sockets.options'
local transfers = require 'lua.wasi.p3.transfers'
local udp = require 'lua.wasi.sockets.udp'

local udp_sockets = held 'wasi:sockets/types#udp-socket'
local failed, done = addresses.failed, addresses.done

local function create(who, family)
  local socket, code = udp.open(who.instance, family == 'ipv4' and 4 or 6)
  if not socket then return failed(code) end
  return { ok = udp_sockets.new(socket) }
end

local function bind_to(socket, wanted)
  local code = udp.start_bind(socket, wanted)
  return code or udp.finish_bind(socket)
end

-- Binds a socket that is bound nowhere yet; gives a case of error-code, or nil.
local function ensure_bound(socket)
  if socket.own then return nil end
  return bind_to(socket, addresses.anywhere(socket.family))
end

local function connect(_, socket, remote)
  local wanted = addresses.to_system(remote)
  local code = udp.check_remote(socket, wanted) or ensure_bound(socket)
  if code then return failed(code) end
  local _, why = udp.stream(socket, wanted)
  return done(why)
end

local function disconnect(_, socket)
  if not socket.remote then return failed(errors.INVALID_STATE) end
  local _, code = udp.stream(socket, nil)
  return done(code)
end

local function send(_, socket, data, remote)
  local wanted = remote and addresses.to_system(remote) or nil
  if #data > udp.LARGEST then return failed(errors.DATAGRAM_TOO_LARGE) end
  local code = (wanted and udp.check_remote(socket, wanted)) or ensure_bound(socket)
  if code then return failed(code) end
  local function attempt() return udp.send(socket, socket.generation, data, #data, wanted) end
  code = attempt()
  if code ~= errors.WOULD_BLOCK then return done(code) end
  return transfers.task(function()
    repeat
      transfers.wait(socket.writable)
      code = attempt()
    until code ~= errors.WOULD_BLOCK
    return done(code)
  end)
end

local function given(found) return { ok = { found.data, addresses.of_system(found.from) } } end

local function receive(_, socket)
  if not socket.own then return failed(errors.INVALID_STATE) end
  local function attempt() return udp.receive(socket, socket.generation, 1) end
  local found, code = attempt()
  if not found then return failed(code) end
  if found[1] then return given(found[1]) end
  return transfers.task(function()
    repeat
      transfers.wait(socket.readable)
      found, code = attempt()
      if not found then return failed(code) end
    until found[1]
    return given(found[1])
  end)
end

local methods = {
  ['bind'] = function(_, socket, wanted) return done(bind_to(socket, addresses.to_system(wanted))) end,
  ['connect'] = connect,
  ['disconnect'] = disconnect,
  ['send'] = send,
  ['receive'] = receive,
  ['get-local-address'] = addresses.addressed(udp.local_address),
  ['get-remote-address'] = addresses.addressed(udp.remote_address),
  ['get-address-family'] = function(_, socket) return socket.family == 4 and 'ipv4' or 'ipv6' end,
}

for name, of in pairs {
  ['unicast-hop-limit'] = { options.hop_limit, options.set_hop_limit },
  ['receive-buffer-size'] = { options.receive_buffer, options.set_receive_buffer },
  ['send-buffer-size'] = { options.send_buffer, options.set_send_buffer },
} do
  local get, set = addresses.option(of[1], of[2])
  methods['get-' .. name], methods['set-' .. name] = get, set
end

local functions = {
  ['[static]udp-socket.create'] = create,
  ['[resource-drop]udp-socket'] = function(value)
    if udp_sockets.peek(value) then udp.close(udp_sockets.take(value)) end
  end,
}
for name, f in pairs(methods) do
  functions['[method]udp-socket.' .. name] = function(who, socket, ...) return f(who, udp_sockets.mine(who, socket), ...) end
end
calls.provide('wasi:sockets/types', functions)

-- Names ----------------------------------------------------------------------------------------------------------------

local NAME_CODES = {
  [errors.ACCESS_DENIED] = 'access-denied',
  [errors.INVALID_ARGUMENT] = 'invalid-argument',
  [errors.NAME_UNRESOLVABLE] = 'name-unresolvable',
  [errors.TEMPORARY_RESOLVER_FAILURE] = 'temporary-resolver-failure',
  [errors.PERMANENT_RESOLVER_FAILURE] = 'permanent-resolver-failure',
}

local function no_name(code) return { err = NAME_CODES[code] or { other = 'unknown' } } end

local function collect(stream)
  local found = {}
  while true do
    local ip, code = names.next(stream)
    if ip == false then return no_name(code) end
    if not ip then return { ok = found } end
    found[#found + 1] = addresses.ip(ip)
  end
end

calls.provide('wasi:sockets/ip-name-lookup', {
  ['resolve-addresses'] = function(who, name)
    local stream, code = names.begin(who.instance, name)
    if not stream then return no_name(code) end
    if stream.over then return collect(stream) end
    return transfers.task(function()
      transfers.wait(stream.source)
      return collect(stream)
    end, function() names.close(stream) end)
  end,
})
