-- Wasmtime's library in this lane: loaded with the first guest that is called here, or that another lane sends.

local buffer = require 'string.buffer'
local epochs = require 'lua.wasmtime.epochs'
local mappings = require 'lua.wasmtime.mappings'
local wasmtime = require 'lua.wasmtime.api'

local M = {}

--- Loads Wasmtime, and starts the epochs, if that is not done.
---@param host table<string, function>
function M.open(host)
  if wasmtime.C then return end
  ---@type border.Library
  local library = buffer.decode(host.library())
  wasmtime.open(library.path, library.layouts)
  mappings.share(library.mappings)
  epochs.open(buffer.decode(host.epochs()))
end

return M
