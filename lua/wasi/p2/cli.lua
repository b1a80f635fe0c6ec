-- wasi:cli: the standard streams, arguments and environment of a guest, and its end. What the entry does not grant is empty:
-- instance.plan.granted has the interfaces that it does. A program has the streams of the process for itself: instance.plan.console.

local ffi = require 'ffi'
local linking = require 'lua.guest.linking'
local memory = require 'lua.guest.memory'
local objects = require 'lua.guest.objects'
local running = require 'lua.guest.running'
local stdin = require 'lua.wasi.stdin'
require 'lua.wasi.p2.streams'

local DESCRIPTORS = { stdin = 0, stdout = 1, stderr = 2 }

linking.provide('wasi:cli/environment', {
  ['get-environment'] = function(instance, io) return memory.put_rows(instance, io, io[0].u32, instance.world.env, 2) end,
  ['get-arguments'] = function(instance, io)
    local ret, rows = io[0].u32, {}
    for i, text in ipairs(instance.world.args) do
      rows[i] = { text }
    end
    return memory.put_rows(instance, io, ret, rows, 1)
  end,
  ['initial-cwd'] = function(instance, io) return memory.put_option(instance, io, io[0].u32, instance.world.cwd) end,
})

linking.provide('wasi:cli/exit', {
  exit = function(instance, io) return running.exit(instance, io[0].u32 == 0 and 0 or 1) end,
  ['exit-with-code'] = function(instance, io) return running.exit(instance, io[0].u32 % 256) end,
})

local function granted(instance, name) return instance.plan.granted['wasi:cli/' .. name] end

linking.provide('wasi:cli/stdin', {
  ['get-stdin'] = function(instance, io)
    local console = instance.plan.console
    local source = console and console.stdin or stdin.source
    io[0].u64 = objects.hand(instance, { kind = 'input-stream', source = granted(instance, 'stdin') and source or nil })
  end,
})

for _, name in ipairs { 'stdout', 'stderr' } do
  linking.provide('wasi:cli/' .. name, {
    ['get-' .. name] = function(instance, io)
      local stream, console = { kind = 'output-stream' }, instance.plan.console
      if granted(instance, name) and console then
        stream.sink = console[name]
      elseif granted(instance, name) then
        stream.name = name
      end
      io[0].u64 = objects.hand(instance, stream)
    end,
  })
end

for name, descriptor in pairs(DESCRIPTORS) do
  local kind = name == 'stdin' and 'terminal-input' or 'terminal-output'
  linking.provide('wasi:cli/terminal-' .. name, {
    ['get-terminal-' .. name] = function(instance, io)
      local ret = io[0].u32
      memory.at(instance, ret, 8, 4)
      -- A terminal is not a function's to read.
      local open = name ~= 'stdin' or instance.plan.console
      local is = open and granted(instance, 'terminal-' .. name) and ffi.C.isatty(descriptor) == 1
      memory.put8(instance, ret, is and 1 or 0)
      if is then memory.put32(instance, ret + 4, objects.hand(instance, { kind = kind })) end
    end,
  })
  linking.provide('wasi:cli/' .. kind, {
    ['[resource-drop]' .. kind] = function(instance, io) objects.drop(instance, io[0].u32, kind) end,
  })
end
