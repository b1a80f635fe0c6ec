-- The guest's memory as functions of the host see it: each address is checked, and each pointer is good until the guest runs again.

local ffi = require 'ffi'
local protocol = require 'lua.guest.protocol'
local wasmtime = require 'lua.wasmtime.api'

local cast, tonumber = ffi.cast, tonumber

local M = {}

-- What a guest may be given, or may give, at once, in bytes.
local MOST = 2 ^ 30

--- How many bytes of memory the guest has now.
function M.size(I)
  if not I.memory then protocol.trap 'the guest has no memory that the host could use: export it as "memory"' end
  return tonumber(wasmtime.C.wasmtime_memory_data_size(I.ctx, I.memory))
end

--- A pointer to `size` bytes of the guest at `at`, which must be a multiple of `align`; a trap when the guest has no such memory.
-- It is good until the guest runs again.
function M.at(I, at, size, align)
  if at % (align or 1) ~= 0 or at + size > M.size(I) then protocol.trap "an address outside of the guest's memory was given to the host" end
  return wasmtime.C.wasmtime_memory_data(I.ctx, I.memory) + at
end

local p8, p32, p64 = ffi.typeof 'uint8_t *', ffi.typeof 'uint32_t *', ffi.typeof 'uint64_t *'

function M.put8(I, at, value) cast(p8, M.at(I, at, 1))[0] = value end
function M.put32(I, at, value) cast(p32, M.at(I, at, 4, 4))[0] = value end
function M.put64(I, at, value) cast(p64, M.at(I, at, 8, 8))[0] = value end

--- The bytes of a list<u8> or string that a guest gives; an empty one has an address too, which must lie in the memory.
function M.bytes(I, at, size)
  local from = M.at(I, at, size)
  if size > MOST then protocol.trap(('the guest gives the host %d bytes at once; at most %d are taken'):format(size, MOST)) end
  return ffi.string(from, size)
end

--- Gives a list<u8> or string that lies at `ret` and whose bytes lie where `asked` says.
function M.put_bytes(I, ret, asked, text)
  local pointer = cast(p32, M.at(I, ret, 8, 4))
  pointer[0], pointer[1] = asked.at, #text
  if #text > 0 then ffi.copy(M.at(I, asked.at, #text), text, #text) end
end

-- Memory that the guest has to make room for --------------------------------------------------------------------------

local request

local function collect(I, io, at)
  local asked = I.asked
  local i = asked.i
  local size, align = asked[i].size, asked[i].align
  if at + size > M.size(I) then protocol.trap "the guest's realloc gave memory that it does not have" end
  if at % align ~= 0 then protocol.trap "the guest's realloc gave an address that is not aligned" end
  asked[i].at = at
  asked.i = i + 1
  return request(I, io)
end

function request(I, io)
  local asked = I.asked
  local next = asked[asked.i]
  -- Nothing is asked for too: the realloc of wasi-libc's adapter has a place for what comes, and expects it there.
  if next then return protocol.ask_memory(I, io, next.size, next.align, collect) end
  I.asked, I.after = nil, nil
  asked.done(I, asked)
  protocol.finish(io)
end

--- Asks for memory: `asked` is a list of {size =, align =}, each of which gets an address `at` before asked.done(I, asked) is called.
function M.allocate(I, io, asked)
  local all = 0
  for _, each in ipairs(asked) do
    all = all + each.size
  end
  if all > MOST then protocol.trap 'the host has more to give than fits the guest' end
  asked.i = 1
  I.asked = asked
  return request(I, io)
end

--- Gives, at `ret`, an option<string>: `text` or nil.
function M.put_option(I, io, ret, text)
  M.at(I, ret, 12, 4)
  if not text then
    M.put8(I, ret, 0)
    return protocol.finish(io)
  end
  return M.allocate(I, io, {
    { size = #text, align = 1 },
    done = function(_, asked)
      M.put8(I, ret, 1)
      M.put_bytes(I, ret + 4, asked[1], text)
    end,
  })
end

--- Gives, at `ret`, a list of strings (`width` 1) or of tuples of strings: `rows` are lists of strings.
function M.put_rows(I, io, ret, rows, width)
  M.at(I, ret, 8, 4)
  local asked = { { size = 8 * width * #rows, align = 4 } }
  for _, row in ipairs(rows) do
    for k = 1, width do
      asked[#asked + 1] = { size = #row[k], align = 1 }
    end
  end
  function asked.done()
    local index = 1
    for i, row in ipairs(rows) do
      for k = 1, width do
        index = index + 1
        M.put_bytes(I, asked[1].at + 8 * (width * (i - 1) + k - 1), asked[index], row[k])
      end
    end
    M.put32(I, ret, asked[1].at)
    M.put32(I, ret + 4, #rows)
  end
  return M.allocate(I, io, asked)
end

return M
