-- The standard library by name: what a script can `require`. Each module is loaded when somebody asks for it.
local modules = {}

local NAMES = {
  'base64',
  'channel',
  'ctx',
  'env',
  'errors',
  'fs',
  'funcs',
  'hash',
  'http',
  'http_client',
  'io',
  'json',
  'logger',
  'test',
  'time',
  'uuid',
  'wit',
}

-- Those for data, in a folder of their own.
local DATA = {
  'compress',
  'crypto',
  'csv',
  'payload',
  'template',
  'text',
  'toml',
  'yaml',
}

-- Those for groups of coroutines.
local GROUPS = {
  'group',
  'sync',
}

-- Those for the command line and the terminal.
local CONSOLE = {
  'args',
  'progress',
  'term',
}

-- Those for what the functions of a project share.
local STATE = {
  'registry',
  'store',
}

for _, name in ipairs(STATE) do
  modules[name] = function() return require('stdlib.state.' .. name) end
end
for _, name in ipairs(CONSOLE) do
  modules[name] = function() return require('stdlib.console.' .. name) end
end
for _, name in ipairs(GROUPS) do
  modules[name] = function() return require('stdlib.groups.' .. name) end
end
modules.process = function() return require 'stdlib.processes.process' end
for _, name in ipairs(NAMES) do
  modules[name] = function() return require('stdlib.' .. name) end
end
for _, name in ipairs(DATA) do
  modules[name] = function() return require('stdlib.data.' .. name) end
end

return modules
