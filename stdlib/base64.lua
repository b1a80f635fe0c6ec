-- The module `base64`: bytes as text of RFC 4648, with padding.
local callbacks = require 'lua.lane.ask'

local ask = callbacks.ask

local M = {}

local text = require 'stdlib.values.text' 'base64'

--- Returns data as base64 text.
function M.encode(data) return (ask('base64_encode', text(data, 'encode', 'data'))) end

--- Returns what base64 text stands for, or nil and an error.
function M.decode(encoded) return ask('base64_decode', text(encoded, 'decode', 'text')) end

return M
