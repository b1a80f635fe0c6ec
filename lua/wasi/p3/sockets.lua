-- wasi:sockets of WASI 0.3.

require 'lua.wasi.p3.tcp'
require 'lua.wasi.p3.udp'
