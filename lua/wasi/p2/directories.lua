-- wasi:filesystem/preopens, and directory-entry-stream of wasi:filesystem/types.

local descriptors = require 'lua.wasi.p2.descriptors'
local linking = require 'lua.guest.linking'
local listing = require 'lua.wasi.files.listing'
local memory = require 'lua.guest.memory'
local numbers = require 'lua.wasi.files.numbers'
local objects = require 'lua.guest.objects'
local opening = require 'lua.wasi.files.open'
local protocol = require 'lua.guest.protocol'
local system = require 'lua.wasi.files.system'
local text = require 'lua.values.utf8'

local put = descriptors.put
local ILSEQ = system.E.ILSEQ

local function read_directory(instance, io)
  local folder, ret = descriptors.file_of(instance, io[0].u32), io[1].u32
  memory.at(instance, ret, 8, 4)
  local file, why = opening.open_listing(instance, folder)
  if not put(instance, ret, 4, file, why) then return end
  memory.put32(instance, ret + 4, objects.hand(instance, { kind = 'directory-entry-stream', file = file, listing = listing.new(file) }))
end

local read_entry

-- Puts result<option<directory-entry>, error-code>: nil is the end.
local function put_entry(instance, io, ret, name, type)
  memory.put8(instance, ret, 0)
  memory.put8(instance, ret + 4, name and 1 or 0)
  if not name then return protocol.finish(io) end
  return memory.allocate(instance, io, {
    { size = #name, align = 1 },
    done = function(_, asked)
      memory.put8(instance, ret, 0)
      memory.put8(instance, ret + 4, 1)
      memory.put8(instance, ret + 8, numbers.TYPES[type])
      memory.put_bytes(instance, ret + 12, asked[1], name)
    end,
  })
end

function read_entry(instance, io, entries, ret)
  while true do
    local more, why, job = listing.fill(instance, entries)
    if job then
      return protocol.wait(instance, io, job.pending, function(_, out)
        local ok, failed = listing.took(entries, job)
        if ok then return read_entry(instance, out, entries, ret) end
        put(instance, ret, 4, nil, failed)
        return protocol.finish(out)
      end)
    end
    if more == nil then
      put(instance, ret, 4, nil, why)
      return protocol.finish(io)
    end
    if not more then return put_entry(instance, io, ret) end
    local name, type = listing.look(entries)
    listing.step(entries)
    if name ~= '.' and name ~= '..' then
      if text.string_is_utf8(name) then return put_entry(instance, io, ret, name, type) end
      put(instance, ret, 4, nil, ILSEQ)
      return protocol.finish(io)
    end
  end
end

linking.provide('wasi:filesystem/types', {
  ['[method]descriptor.read-directory'] = read_directory,
  ['[method]directory-entry-stream.read-directory-entry'] = function(instance, io)
    local object, ret = objects.object(instance, io[0].u32, 'directory-entry-stream'), io[1].u32
    memory.at(instance, ret, 20, 4)
    return read_entry(instance, io, object.listing, ret)
  end,
  ['[resource-drop]directory-entry-stream'] = function(instance, io)
    local object = objects.object(instance, io[0].u32, 'directory-entry-stream')
    objects.drop(instance, io[0].u32, 'directory-entry-stream')
    opening.release(object.file)
  end,
})

linking.provide('wasi:filesystem/preopens', {
  ['get-directories'] = function(instance, io)
    local ret, mounts = io[0].u32, instance.files and instance.files.mounts or {}
    memory.at(instance, ret, 8, 4)
    ---@type table
    local asked = { { size = 12 * #mounts, align = 4 } }
    for i, mount in ipairs(mounts) do
      asked[i + 1] = { size = #mount.guest, align = 1 }
    end
    function asked.done()
      for i, mount in ipairs(mounts) do
        local at = asked[1].at + 12 * (i - 1)
        memory.put32(instance, at, objects.hand(instance, { kind = 'descriptor', file = opening.hold(mount.file) }))
        memory.put_bytes(instance, at + 4, asked[i + 1], mount.guest)
      end
      memory.put32(instance, ret, asked[1].at)
      memory.put32(instance, ret + 4, #mounts)
    end
    return memory.allocate(instance, io, asked)
  end,
})
