-- The guest's memory as functions of the host see it: each address is checked, and each pointer is good until the guest runs again.

local ffi = require 'ffi'
local protocol = require 'lua.guest.protocol'
local wasmtime = require 'lua.wasmtime.api'

local cast, tonumber = ffi.cast, tonumber

local M = {}

-- What a guest may be given, or may give, at once, in bytes.
local MOST = 2 ^ 30

--- How many bytes of memory the guest has now.
---@param instance Instance
---@return integer
function M.size(instance)
  if not instance.memory then protocol.trap 'the guest has no memory that the host could use: export it as "memory"' end
  return tonumber(wasmtime.C.wasmtime_memory_data_size(instance.ctx, instance.memory))
end

--- A pointer to `size` bytes of the guest at `at`, which must be a multiple of `align`; a trap when the guest has no such memory.
-- It is good until the guest runs again.
---@param instance Instance
---@param at integer
---@param size integer
---@param align integer?
---@return ffi.cdata* uint8_t*
function M.at(instance, at, size, align)
  if at % (align or 1) ~= 0 or at + size > M.size(instance) then
    protocol.trap "an address outside of the guest's memory was given to the host"
  end
  return wasmtime.C.wasmtime_memory_data(instance.ctx, instance.memory) + at
end

local p8, p32, p64 = ffi.typeof 'uint8_t *', ffi.typeof 'uint32_t *', ffi.typeof 'uint64_t *'

--- Puts a number of 8, 32 or 64 bits at an address, which must be a multiple of its size.
---@param instance Instance
---@param at integer
---@param value integer
function M.put8(instance, at, value) cast(p8, M.at(instance, at, 1))[0] = value end

---@param instance Instance
---@param at integer
---@param value integer
function M.put32(instance, at, value) cast(p32, M.at(instance, at, 4, 4))[0] = value end

---@param instance Instance
---@param at integer
---@param value integer|ffi.cdata*
function M.put64(instance, at, value) cast(p64, M.at(instance, at, 8, 8))[0] = value end

--- The bytes of a list<u8> or string that a guest gives; an empty one has an address too, which must lie in the memory.
---@param instance Instance
---@param at integer
---@param size integer
---@return string
function M.bytes(instance, at, size)
  local from = M.at(instance, at, size)
  if size > MOST then protocol.trap(('the guest gives the host %d bytes at once; at most %d are taken'):format(size, MOST)) end
  return ffi.string(from, size)
end

--- Gives a list<u8> or string that lies at `ret` and whose bytes lie where `asked` says.
---@param instance Instance
---@param ret integer an address
---@param asked {at: integer}
---@param text string
function M.put_bytes(instance, ret, asked, text)
  local pointer = cast(p32, M.at(instance, ret, 8, 4))
  pointer[0], pointer[1] = asked.at, #text
  if #text > 0 then ffi.copy(M.at(instance, asked.at, #text), text, #text) end
end

-- Memory that the guest has to make room for --------------------------------------------------------------------------

local request

local function collect(instance, io, at)
  local asked = instance.asked
  local i = asked.i
  local size, align = asked[i].size, asked[i].align
  if at + size > M.size(instance) then protocol.trap "the guest's realloc gave memory that it does not have" end
  if at % align ~= 0 then protocol.trap "the guest's realloc gave an address that is not aligned" end
  asked[i].at = at
  asked.i = i + 1
  return request(instance, io)
end

function request(instance, io)
  local asked = instance.asked
  local next = asked[asked.i]
  -- Empty memory is asked for too: the realloc of wasi-libc's adapter has chosen a place already, and expects the value there.
  if next then return protocol.ask_memory(instance, io, next.size, next.align, collect) end
  instance.asked, instance.after = nil, nil
  asked.done(instance, asked)
  protocol.finish(io)
end

--- Asks for memory: `asked` is a list of {size =, align =}, each of which gets an address `at` before asked.done(instance, asked) is
-- called.
---@param instance Instance
---@param io ffi.cdata* mw_raw[]
---@param asked table
function M.allocate(instance, io, asked)
  local all = 0
  for _, each in ipairs(asked) do
    all = all + each.size
  end
  if all > MOST then protocol.trap 'the host has more to give than fits the guest' end
  asked.i = 1
  instance.asked = asked
  return request(instance, io)
end

--- Gives, at `ret`, an option<string>: `text` or nil.
---@param instance Instance
---@param io ffi.cdata* mw_raw[]
---@param ret integer an address
---@param text string?
function M.put_option(instance, io, ret, text)
  M.at(instance, ret, 12, 4)
  if not text then
    M.put8(instance, ret, 0)
    return protocol.finish(io)
  end
  return M.allocate(instance, io, {
    { size = #text, align = 1 },
    done = function(_, asked)
      M.put8(instance, ret, 1)
      M.put_bytes(instance, ret + 4, asked[1], text)
    end,
  })
end

--- Gives, at `ret`, a list of strings (`width` 1) or of tuples of strings: `rows` are lists of strings.
---@param instance Instance
---@param io ffi.cdata* mw_raw[]
---@param ret integer an address
---@param rows string[][]
---@param width integer
function M.put_rows(instance, io, ret, rows, width)
  M.at(instance, ret, 8, 4)
  ---@type table
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
        M.put_bytes(instance, asked[1].at + 8 * (width * (i - 1) + k - 1), asked[index], row[k])
      end
    end
    M.put32(instance, ret, asked[1].at)
    M.put32(instance, ret + 4, #rows)
  end
  return M.allocate(instance, io, asked)
end

return M
