-- All of WASI that the direct path provides; loaded with the first guest that uses some.
require 'lua.wasi.poll'
require 'lua.wasi.clocks'
require 'lua.wasi.streams'
require 'lua.wasi.cli'
require 'lua.wasi.http'
require 'lua.wasi.random'
require 'lua.wasi.funcs'
require 'lua.wasi.preview1'
