-- wasi:cli of WASI 0.3, over what 0.2 has: the streams of the lane, or, for a program, those of the process. What the entry does not grant
-- is empty: instance.plan.granted has the interfaces that it does. Source: the WIT of wasi:cli 0.3.

local calls = require 'lua.tasks.calls'
local outputs = require 'lua.wasi.p3.output'
local ffi = require 'ffi'
local held = require 'lua.wasi.p3.held'
local protocol = require 'lua.guest.protocol'
local running = require 'lua.guest.running'
local stdin = require 'lua.wasi.stdin'
local transfers = require 'lua.wasi.p3.transfers'
require 'lua.wasi.p2.cli'

local terminals = {
  ['terminal-input'] = held 'wasi:cli/terminal-input#terminal-input',
  ['terminal-output'] = held 'wasi:cli/terminal-output#terminal-output',
}
local DESCRIPTORS = { stdin = 0, stdout = 1, stderr = 2 }
-- The system's error for a pipe that nobody reads.
local PIPE = 32

local function granted(who, name) return who.instance.plan.granted['wasi:cli/' .. name] end

-- A case of error-code.
local function failed(why) return (type(why) == 'table' and (why.closed or why.errno == PIPE)) and 'pipe' or 'io' end

calls.provide('wasi:cli/environment', {
  ['get-environment'] = function(who) return who.instance.world.env end,
  ['get-arguments'] = function(who) return who.instance.world.args end,
  ['get-initial-cwd'] = function(who) return who.instance.world.cwd end,
})

calls.provide('wasi:cli/exit', {
  exit = function(who, status) protocol.trap(running.exit(who.instance, status.err ~= nil and 1 or 0)) end,
  ['exit-with-code'] = function(who, code) protocol.trap(running.exit(who.instance, code)) end,
})

calls.provide('wasi:cli/stdin', {
  ['read-via-stream'] = function(who)
    if not granted(who, 'stdin') then return { transfers.ended(transfers.OK) } end
    local console = who.instance.plan.console
    local source = console and console.stdin or stdin.source
    return { transfers.reading(who, source, failed) }
  end,
})

for _, name in ipairs { 'stdout', 'stderr' } do
  calls.provide('wasi:cli/' .. name, {
    ['write-via-stream'] = function(who, stream)
      return transfers.writing(who, stream, outputs.sink(who.instance, name, granted(who, name)), failed)
    end,
  })
end

for name, descriptor in pairs(DESCRIPTORS) do
  local kind = name == 'stdin' and 'terminal-input' or 'terminal-output'
  calls.provide('wasi:cli/terminal-' .. name, {
    ['get-terminal-' .. name] = function(who)
      -- A terminal is not a function's to read.
      local open = name ~= 'stdin' or who.instance.plan.console
      if open and granted(who, 'terminal-' .. name) and ffi.C.isatty(descriptor) == 1 then return terminals[kind].new {} end
    end,
  })
  calls.provide('wasi:cli/' .. kind, { ['[resource-drop]' .. kind] = function() end })
end
