-- Finds a text in another in a time that is proportional to both (Knuth, Morris and Pratt): LuaJIT compares the text anew at each place
-- where its first character stands.
local ffi = require 'ffi'
local interrupt = require 'lua.dispatcher.interrupt'

local cast = ffi.cast
local bytes, numbers = ffi.typeof 'const uint8_t *', ffi.typeof 'int32_t[?]'

local M = {}

--- What LuaJIT may spend: the product of both lengths.
M.BUDGET = 1e9

-- Characters between two looks whether the running code is to end.
local SLICE = 1e6

-- For each beginning of `what` the length of the longest one that it ends with, itself left out.
local function borders_of(what, size)
  local borders, border = numbers(size + 1), 0
  for i = 1, size - 1 do
    if i % SLICE == 0 then interrupt.check() end
    while border > 0 and what[i] ~= what[border] do
      border = borders[border]
    end
    if what[i] == what[border] then border = border + 1 end
    borders[i + 1] = border
  end
  return borders
end

--- Returns where `words` begins and ends in `text`, from `init` on; or nil.
---@param text string
---@param words string
---@param init integer
---@return integer?
---@return integer?
function M.find(text, words, init)
  local size, last = #words, #text
  if size == 0 then return init, init - 1 end
  local from, what = cast(bytes, text), cast(bytes, words)
  local borders, matched = borders_of(what, size), 0
  for i = init - 1, last - 1 do
    if i % SLICE == 0 then interrupt.check() end
    local c = from[i]
    while matched > 0 and c ~= what[matched] do
      matched = borders[matched]
    end
    if c == what[matched] then matched = matched + 1 end
    if matched == size then return i - size + 2, i + 1 end
  end
  return nil
end

return M
