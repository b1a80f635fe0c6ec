-- wasi:filesystem of WASI 0.3, whose files are those of lua/wasi/files, as in 0.2. Methods get what is behind their descriptor,
-- {file =, mutates =}.
-- Source: the WIT of wasi:filesystem 0.3.

local calls = require 'lua.tasks.calls'
local ffi = require 'ffi'
local contents = require 'lua.wasi.files.contents'
local directories = require 'lua.wasi.p3.directories'
local file_streams = require 'lua.wasi.p2.file_streams'
local identity = require 'lua.wasi.files.identity'
local opening = require 'lua.wasi.files.open'
local paths = require 'lua.wasi.files.paths'
local results = require 'lua.wasi.p3.file_results'
local system = require 'lua.wasi.files.system'
local text = require 'lua.values.utf8'
local transfers = require 'lua.wasi.p3.transfers'

local E, tonumber = system.E, tonumber
local done, failed = results.done, results.failed
local u64 = ffi.typeof 'uint64_t'

-- Times ----------------------------------------------------------------------------------------------------------------

local times = ffi.new 'mw_moment[2]'

local function set_time(which, given)
  local at = times[which]
  at.seconds, at.nanoseconds = 0, given == 'no-change' and system.OMIT or given == 'now' and system.NOW or 0
  if type(given) ~= 'table' then return true end
  local moment = given.timestamp
  if moment.nanoseconds >= 1000000000 then return false end
  at.seconds, at.nanoseconds = ffi.cast('int64_t', moment.seconds), moment.nanoseconds
  return true
end

local function times_of(accessed, modified) return set_time(0, accessed) and set_time(1, modified) end

local function instant(time) return { seconds = tonumber(time.seconds), nanoseconds = time.nanoseconds } end

local function status_of(status, why)
  if not status then return failed(why) end
  return {
    ok = {
      type = results.type(system.kind(status.mode)),
      ['link-count'] = status.links,
      size = tonumber(status.size),
      ['data-access-timestamp'] = instant(status.accessed),
      ['data-modification-timestamp'] = instant(status.modified),
      ['status-change-timestamp'] = instant(status.changed),
    },
  }
end

local function hash_of(status, why)
  if not status then return failed(why) end
  local lower, upper = identity.hash(status)
  return { ok = { lower = lower, upper = upper } }
end

-- What may have to wait --------------------------------------------------------------------------------------------------

-- f(instance, file, ...) gives true; or nil and an error; or nil, AGAIN and a job.
local function waiting(f)
  return function(who, descriptor, ...)
    local ok, why, job = f(who.instance, descriptor.file, ...)
    if not job then return done(ok, why) end
    return transfers.task(function()
      transfers.wait(job.source)
      return done(not job.answer.errno, job.answer.errno)
    end)
  end
end

-- Streams --------------------------------------------------------------------------------------------------------------

local function failed_stream(why) return results.code(why.failure and why.failure.errno or E.IO) end

-- Why a file is not read or written by a stream, or nil.
local function wrong(file, right)
  if file.type ~= 'file' then return E.ISDIR end
  if not file[right] then return E.BADF end
end

local function write_stream(who, file, stream, offset, append)
  local why = wrong(file, 'writes')
  if why then return transfers.refused(stream, failed(why)) end
  return transfers.writing(who, stream, file_streams.output(who.instance, file, offset, append).sink, failed_stream)
end

-- Opening --------------------------------------------------------------------------------------------------------------

local function open_at(who, folder, follow, path, how, flags)
  local file, why = opening.open(who.instance, folder.file, path, {
    follow = follow['symlink-follow'],
    create = how.create,
    directory = how.directory,
    exclusive = how.exclusive,
    truncate = how.truncate,
    -- Without a flag a file is read; one that may be made is written too.
    reads = flags.read or not flags.write,
    writes = flags.write or how.create,
    sync = flags['file-integrity-sync'] and system.SYNC or flags['data-integrity-sync'] and system.DATA_SYNC or nil,
  })
  if not file then return failed(why) end
  return { ok = results.descriptor(file, flags['mutate-directory']) }
end

local function flags_of(descriptor)
  local file = descriptor.file
  return {
    read = file.reads or nil,
    write = file.writes or nil,
    ['file-integrity-sync'] = file.sync == system.SYNC or nil,
    ['data-integrity-sync'] = file.sync == system.DATA_SYNC or nil,
    ['mutate-directory'] = descriptor.mutates and file.type == 'directory' and file.changes or nil,
  }
end

local function follows(flags) return flags['symlink-follow'] or false end

-- The interface --------------------------------------------------------------------------------------------------------

local methods = {}

methods['read-via-stream'] = function(who, descriptor, offset)
  local file = descriptor.file
  local why = wrong(file, 'reads')
  if why then return { transfers.ended(failed(why)) } end
  return { transfers.reading(who, file_streams.input(who.instance, file, u64(offset)).source, failed_stream) }
end

methods['write-via-stream'] = function(who, descriptor, stream, offset)
  return write_stream(who, descriptor.file, stream, u64(offset), false)
end

methods['append-via-stream'] = function(who, descriptor, stream) return write_stream(who, descriptor.file, stream, 0ULL, true) end

methods['read-directory'] = function(who, descriptor) return { directories.list(who, descriptor.file) } end

local ADVICE = { normal = 0, sequential = 1, random = 2, ['will-need'] = 3, ['dont-need'] = 4, ['no-reuse'] = 5 }

function methods.advise(_, descriptor, offset, length, advice)
  return done(contents.advise(descriptor.file, u64(offset), u64(length), ADVICE[advice]))
end

methods['sync-data'] = waiting(function(instance, file) return contents.sync(instance, file, true) end)
methods.sync = waiting(function(instance, file) return contents.sync(instance, file, false) end)

methods['get-flags'] = function(_, descriptor) return { ok = flags_of(descriptor) } end
methods['get-type'] = function(_, descriptor) return { ok = results.type(descriptor.file.type) } end
methods['set-size'] = function(_, descriptor, size) return done(contents.resize(descriptor.file, u64(size))) end

methods['set-times'] = function(_, descriptor, accessed, modified)
  if not times_of(accessed, modified) then return failed(E.INVAL) end
  return done(contents.set_times(descriptor.file, times))
end

methods['set-times-at'] = function(_, folder, flags, path, accessed, modified)
  if not times_of(accessed, modified) then return failed(E.INVAL) end
  return done(paths.set_times(folder.file, path, follows(flags), times))
end

function methods.stat(_, descriptor) return status_of(system.status(descriptor.file.descriptor)) end

methods['stat-at'] = function(_, folder, flags, path) return status_of(paths.status(folder.file, path, follows(flags))) end
methods['metadata-hash'] = function(_, descriptor) return hash_of(system.status(descriptor.file.descriptor)) end
methods['metadata-hash-at'] = function(_, folder, flags, path) return hash_of(paths.status(folder.file, path, follows(flags))) end
methods['is-same-object'] = function(who, descriptor, other) return identity.same(descriptor.file, results.of(who, other).file) end
methods['open-at'] = open_at
methods['create-directory-at'] = function(_, folder, path) return done(paths.mkdir(folder.file, path)) end
methods['remove-directory-at'] = function(_, folder, path) return done(paths.rmdir(folder.file, path)) end
methods['unlink-file-at'] = function(_, folder, path) return done(paths.unlink(folder.file, path)) end
methods['symlink-at'] = function(_, folder, target, path) return done(paths.symlink(target, folder.file, path)) end

methods['link-at'] = function(who, folder, flags, path, other, name)
  -- A link is not made to what another link leads to.
  if follows(flags) then return failed(E.INVAL) end
  return done(paths.link(folder.file, path, results.of(who, other).file, name))
end

methods['rename-at'] = function(who, folder, path, other, name)
  return done(paths.rename(folder.file, path, results.of(who, other).file, name))
end

methods['readlink-at'] = function(_, folder, path)
  local target, why = paths.readlink(folder.file, path)
  if target and not text.string_is_utf8(target) then
    target, why = nil, E.ILSEQ
  end
  if not target then return failed(why) end
  return { ok = target }
end

local functions = { ['[resource-drop]descriptor'] = results.drop }
for name, f in pairs(methods) do
  functions['[method]descriptor.' .. name] = function(who, descriptor, ...) return f(who, results.of(who, descriptor), ...) end
end
calls.provide('wasi:filesystem/types', functions)

calls.provide('wasi:filesystem/preopens', {
  ['get-directories'] = function(who)
    local mounts = who.instance.files and who.instance.files.mounts or {}
    local found = {}
    for i, mount in ipairs(mounts) do
      found[i] = { results.descriptor(opening.hold(mount.file), true), mount.guest }
    end
    return found
  end,
})
