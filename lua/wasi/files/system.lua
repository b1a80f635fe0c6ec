-- The system's calls for files, as functions that give what they make, or nil and the number of the error. Nothing here may wait for a
-- device: what may is begun with NOWAIT, or made on another thread (lua/wasi/files/jobs.lua).
-- Source: the manual pages of Linux, openat2(2), statx(2), preadv2(2), getdents64(2); linux/stat.h, linux/openat2.h, asm/unistd.h.

local ffi = require 'ffi'

ffi.cdef [[
typedef struct { uint64_t flags, mode, resolve; } mw_how;
typedef struct { int64_t seconds; uint32_t nanoseconds; int32_t unused; } mw_file_time;
typedef struct {
  uint32_t mask, block; uint64_t attributes; uint32_t links, user, group; uint16_t mode, unused;
  uint64_t inode, size, blocks, attributes_mask; mw_file_time accessed, born, changed, modified;
  uint32_t of_major, of_minor, major, minor; uint64_t room[14];
} mw_status;
typedef struct { void *base; size_t size; } mw_part;
typedef struct { int64_t seconds, nanoseconds; } mw_moment;
typedef struct { uint64_t inode, next; uint16_t size; uint8_t type; char name[1]; } mw_entry;
typedef struct { long type; uint64_t room[31]; } mw_file_system;
int mw_close(int descriptor) __asm__("close");
int mw_openat(int folder, const char *path, int flags, unsigned mode) __asm__("openat");
long mw_openat2(long number, long folder, const char *path, mw_how *how, size_t size) __asm__("syscall");
long mw_pread(long number, long descriptor, const mw_part *parts, long count, long low, long high, long flags) __asm__("syscall");
long mw_getdents(long number, long descriptor, void *into, size_t size) __asm__("syscall");
int mw_statx(int folder, const char *path, int flags, unsigned mask, mw_status *into) __asm__("statx");
int mw_fstatfs(int descriptor, mw_file_system *into) __asm__("fstatfs");
int mw_duplicate(int descriptor, int command, int from) __asm__("fcntl");
int mw_mkdirat(int folder, const char *path, unsigned mode) __asm__("mkdirat");
int mw_unlinkat(int folder, const char *path, int flags) __asm__("unlinkat");
int mw_renameat(int folder, const char *path, int other, const char *name) __asm__("renameat");
int mw_linkat(int folder, const char *path, int other, const char *name, int flags) __asm__("linkat");
int mw_symlinkat(const char *target, int folder, const char *path) __asm__("symlinkat");
long mw_readlinkat(int folder, const char *path, char *into, size_t size) __asm__("readlinkat");
int mw_utimensat(int folder, const char *path, const mw_moment *times, int flags) __asm__("utimensat");
int mw_ftruncate(int descriptor, int64_t size) __asm__("ftruncate64");
int mw_fadvise(int descriptor, int64_t offset, int64_t size, int advice) __asm__("posix_fadvise64");
int mw_fallocate(int descriptor, int mode, int64_t offset, int64_t size) __asm__("fallocate64");
int64_t mw_lseek(int descriptor, int64_t offset, int whence) __asm__("lseek64");
int mw_fsync(int descriptor) __asm__("fsync");
int mw_fdatasync(int descriptor) __asm__("fdatasync");
]]

local C, errno, tonumber = ffi.C, ffi.errno, tonumber

local M = {}

-- Flags and numbers that differ between the two.
local is_arm = ffi.arch == 'arm64'
local PREADV2, PWRITEV2 = is_arm and 286 or 327, is_arm and 287 or 328
local OPENAT2 = 437
--- The number of getdents64.
M.GETDENTS = is_arm and 61 or 217
M.DIRECTORY, M.NOFOLLOW = is_arm and 0x4000 or 0x10000, is_arm and 0x8000 or 0x20000
M.READ, M.WRITE, M.BOTH = 0, 1, 2
M.CREATE, M.EXCLUSIVE, M.NO_TERMINAL, M.NONBLOCK, M.CLOEXEC, M.SEEN = 0x40, 0x80, 0x100, 0x800, 0x80000, 0x200000

-- Of statx, utimensat, unlinkat and fcntl.
local EMPTY_PATH, NO_FOLLOW, BASIC, REMOVE_DIRECTORY, DUPLICATE = 0x1000, 0x100, 0x7ff, 0x200, 1030
-- Of preadv2 and pwritev2.
local NOWAIT = 8
M.NOWAIT, M.APPEND, M.SYNC, M.DATA_SYNC = NOWAIT, 0x10, 4, 2
-- Times of utimensat.
M.NOW, M.OMIT = 0x3fffffff, 0x3ffffffe

--- Errors by their names.
---@type table<string, integer>
local E = {}
M.E = E
E.PERM, E.NOENT, E.INTR, E.IO, E.BADF, E.AGAIN, E.NOMEM, E.ACCES, E.BUSY, E.EXIST, E.XDEV = 1, 2, 4, 5, 9, 11, 12, 13, 16, 17, 18
E.NOTDIR, E.ISDIR, E.INVAL, E.MFILE, E.FBIG, E.NOSPC, E.SPIPE, E.ROFS, E.PIPE = 20, 21, 22, 24, 27, 28, 29, 30, 32
E.NAMETOOLONG, E.NOSYS, E.NOTEMPTY, E.LOOP, E.OVERFLOW, E.ILSEQ, E.NOTSUP = 36, 38, 39, 40, 75, 84, 95

-- Kinds of files: the bits of a mode, and what listings say.
local KINDS = {
  [0x1000] = 'fifo',
  [0x2000] = 'character',
  [0x4000] = 'directory',
  [0x6000] = 'block',
  [0x8000] = 'file',
  [0xa000] = 'link',
  [0xc000] = 'socket',
}
M.LISTED = { [1] = 'fifo', [2] = 'character', [4] = 'directory', [6] = 'block', [8] = 'file', [10] = 'link', [12] = 'socket' }

--- Gives the kind of file that a mode says.
function M.kind(mode) return KINDS[bit.band(mode, 0xf000)] or 'unknown' end

-- Tells what a call that gives nothing has come to: true, or nil and the error.
local function done(result)
  if result == 0 then return true end
  return nil, errno()
end

function M.close(descriptor) C.mw_close(descriptor) end

function M.openat(folder, name, flags, mode)
  repeat
    local descriptor = C.mw_openat(folder, name, bit.bor(flags, M.CLOEXEC), mode or 0)
    if descriptor >= 0 then return descriptor end
  until errno() ~= E.INTR
  return nil, errno()
end

local how = ffi.new 'mw_how'

function M.openat2(folder, path, flags, mode, resolve)
  how.flags, how.mode, how.resolve = bit.bor(flags, M.CLOEXEC), mode or 0, resolve
  local descriptor = tonumber(C.mw_openat2(OPENAT2, folder, path, how, ffi.sizeof(how)))
  if descriptor >= 0 then return descriptor end
  return nil, errno()
end

--- A descriptor of its own for the same open file.
function M.duplicate(descriptor)
  local made = C.mw_duplicate(descriptor, DUPLICATE, 0)
  if made >= 0 then return made end
  return nil, errno()
end

local status = ffi.new 'mw_status'

--- Looks at an open file, or at `name` in an open folder, without following it. What it gives is good until the next look.
function M.status(descriptor, name)
  if C.mw_statx(descriptor, name or '', name and NO_FOLLOW or EMPTY_PATH, BASIC, status) == 0 then return status end
  return nil, errno()
end

local part = ffi.new 'mw_part'

local function transfer(number, descriptor, base, size, offset, flags)
  part.base, part.size = ffi.cast('void *', base), size
  repeat
    local count = tonumber(C.mw_pread(number, descriptor, part, 1, offset, 0, flags))
    if count >= 0 then return count end
  until errno() ~= E.INTR
  return nil, errno()
end

--- Reads up to `size` bytes at an offset, an int64_t, and does not wait for a device: AGAIN, or NOTSUP where the file can't say.
function M.read_now(descriptor, into, size, offset) return transfer(PREADV2, descriptor, into, size, offset, NOWAIT) end
--- The same, however long it takes.
function M.read(descriptor, into, size, offset) return transfer(PREADV2, descriptor, into, size, offset, 0) end
--- Writes up to `size` bytes; `flags` may have NOWAIT, APPEND, SYNC and DATA_SYNC.
function M.write(descriptor, from, size, offset, flags) return transfer(PWRITEV2, descriptor, from, size, offset, flags) end

--- Reads into several parts of memory, a mw_part[], from wherever the file is; `flags` may have NOWAIT.
function M.scatter(descriptor, parts, count, flags)
  repeat
    local read = tonumber(C.mw_pread(PREADV2, descriptor, parts, count, -1, 0, flags))
    if read >= 0 then return read end
  until errno() ~= E.INTR
  return nil, errno()
end

local file_system = ffi.new 'mw_file_system'
local TMPFS, RAMFS = 0x01021994, 0x858458f6

--- Tells whether the file lies in memory: nobody waits for it.
function M.is_memory(descriptor)
  if C.mw_fstatfs(descriptor, file_system) ~= 0 then return false end
  local type = bit.tobit(tonumber(file_system.type))
  return type == bit.tobit(TMPFS) or type == bit.tobit(RAMFS)
end

function M.mkdir(folder, name) return done(C.mw_mkdirat(folder, name, 511)) end
function M.unlink(folder, name) return done(C.mw_unlinkat(folder, name, 0)) end
function M.rmdir(folder, name) return done(C.mw_unlinkat(folder, name, REMOVE_DIRECTORY)) end
function M.rename(folder, name, other, new) return done(C.mw_renameat(folder, name, other, new)) end
--- Makes a hard link; of a symbolic link itself where `name` is one.
function M.link(folder, name, other, new) return done(C.mw_linkat(folder, name, other, new, 0)) end
function M.symlink(target, folder, name) return done(C.mw_symlinkat(target, folder, name)) end

local target = ffi.new 'char[4096]'

--- What the symbolic link says that a descriptor was opened for.
function M.readlink(descriptor, name)
  local size = tonumber(C.mw_readlinkat(descriptor, name or '', target, 4096))
  if size >= 0 then return ffi.string(target, size) end
  -- Of what is not a link the system says that there is none.
  return nil, errno() == E.NOENT and E.INVAL or errno()
end

--- Sets the times of what a descriptor was opened for, be it a link. `times` is a mw_moment[2].
function M.set_times(descriptor, times)
  local ok, why = done(C.mw_utimensat(descriptor, '', times, EMPTY_PATH))
  if ok or why ~= E.INVAL and why ~= E.NOENT then return ok, why end
  -- Kernels before 5.8.
  return done(C.mw_utimensat(-100, '/proc/self/fd/' .. descriptor, times, 0))
end

function M.truncate(descriptor, size) return done(C.mw_ftruncate(descriptor, size)) end
function M.allocate(descriptor, offset, size) return done(C.mw_fallocate(descriptor, 0, offset, size)) end
function M.sync(descriptor, data) return done(data and C.mw_fdatasync(descriptor) or not data and C.mw_fsync(descriptor)) end

--- `advice` is a number of posix_fadvise.
function M.advise(descriptor, offset, size, advice)
  local why = C.mw_fadvise(descriptor, offset, size, advice)
  if why == 0 then return true end
  return nil, why
end

--- Goes to a place in a folder that a listing has named.
function M.seek(descriptor, offset)
  if C.mw_lseek(descriptor, offset, 0) >= 0 then return true end
  return nil, errno()
end

--- Lists a folder from where it is into memory; gives how many bytes of entries.
function M.entries(descriptor, into, size)
  local count = tonumber(C.mw_getdents(M.GETDENTS, descriptor, into, size))
  if count >= 0 then return count end
  return nil, errno()
end

return M
