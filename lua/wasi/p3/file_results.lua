-- Values of wasi:filesystem 0.3: its error codes, types of files, descriptors.

local held = require 'lua.wasi.p3.held'
local numbers = require 'lua.wasi.files.numbers'
local opening = require 'lua.wasi.files.open'

local M = {}

-- The cases of error-code in the order of 0.2, of which 0.3 does not have `would-block`.
local CODES = {
  'access',
  false,
  'already',
  'bad-descriptor',
  'busy',
  'deadlock',
  'quota',
  'exist',
  'file-too-large',
  'illegal-byte-sequence',
  'in-progress',
  'interrupted',
  'invalid',
  'io',
  'is-directory',
  'loop',
  'too-many-links',
  'message-size',
  'name-too-long',
  'no-device',
  'no-entry',
  'no-lock',
  'insufficient-memory',
  'insufficient-space',
  'not-directory',
  'not-empty',
  'not-recoverable',
  'unsupported',
  'no-tty',
  'no-such-device',
  'overflow',
  'not-permitted',
  'pipe',
  'read-only',
  'invalid-seek',
  'text-file-busy',
  'cross-device',
}

local TYPES = {
  block = 'block-device',
  character = 'character-device',
  directory = 'directory',
  fifo = 'fifo',
  link = 'symbolic-link',
  file = 'regular-file',
  socket = 'socket',
}

--- The error-code of an error of the system.
---@param errno integer
function M.code(errno) return CODES[numbers.code(errno) + 1] or { other = numbers.words(errno) } end

--- The descriptor-type of a kind of file.
---@param kind string
function M.type(kind) return TYPES[kind] or { other = 'unknown' } end

--- A result that has failed with an error of the system.
---@param errno integer?
function M.failed(errno) return { err = M.code(errno or 0) } end

--- The result<_, error-code> of what gives true, or nil and an error.
---@param ok any
---@param errno integer?
function M.done(ok, errno)
  if ok then return { ok = true } end
  return M.failed(errno)
end

local descriptors = held 'wasi:filesystem/types#descriptor'

--- What a guest gets for an open file; `mutates` says that it has asked for a folder to change things in.
---@param file table
---@param mutates boolean?
---@return table
function M.descriptor(file, mutates) return descriptors.new { file = file, mutates = mutates, instance = file.instance } end

--- What is behind a descriptor: {file =, mutates =}.
---@param who table
---@param value any
---@return table
function M.of(who, value) return descriptors.mine(who, value) end

--- Ends a descriptor.
---@param value any
function M.drop(value)
  local data = descriptors.peek(value)
  if data then opening.release(descriptors.take(value).file) end
end

return M
