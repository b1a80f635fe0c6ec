-- What descriptor.read-directory of WASI 0.3 gives: a stream of entries, piece by piece (lua/wasi/files/listing.lua).

local listing = require 'lua.wasi.files.listing'
local opening = require 'lua.wasi.files.open'
local results = require 'lua.wasi.p3.file_results'
local system = require 'lua.wasi.files.system'
local text = require 'lua.values.utf8'
local transfers = require 'lua.wasi.p3.transfers'

local ILSEQ = system.E.ILSEQ

local M = {}

-- Makes sure that there is an entry, in a task: gives true, false at the end, or nil and an error.
local function fill(instance, entries)
  while true do
    local more, why, job = listing.fill(instance, entries)
    if not job then return more, why end
    transfers.wait(job.source)
    local ok, failed = listing.took(entries, job)
    if not ok then return nil, failed end
  end
end

local function source_of(instance, file)
  local entries, source, why = listing.new(file), {}, nil
  -- Gives up to `most` entries; what fails behind some is told after them.
  function source.take(most)
    local found = {}
    while #found < most and not why do
      local more
      -- What is there already is not kept from the guest by what is slow.
      if found[1] and entries.at >= entries.size then break end
      more, why = fill(instance, entries)
      if not more then break end
      local name, type = listing.look(entries)
      listing.step(entries)
      if name ~= '.' and name ~= '..' then
        if text.string_is_utf8(name) then
          found[#found + 1] = { type = results.type(type), name = name }
        else
          why = ILSEQ
        end
      end
    end
    if found[1] then return found end
    return nil, why
  end
  function source.close() opening.release(file) end
  return source
end

--- Gives the stream of a folder's entries and its future.
---@param who table
---@param folder table
---@return table stream
---@return table future
function M.list(who, folder)
  local file, why = opening.open_listing(who.instance, folder)
  if not file then return transfers.ended(results.failed(why)) end
  return transfers.reading(
    who,
    source_of(who.instance, file),
    function(failed) return results.code(type(failed) == 'number' and failed or system.E.IO) end
  )
end

return M
