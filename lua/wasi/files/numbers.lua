-- The system's errors and kinds of files as the two versions of WASI number them.
-- Source: the WIT of wasi:filesystem 0.2 (error-code, descriptor-type), wasi_snapshot_preview1.witx (errno, filetype), errno.h of Linux.

local M = {}

-- number of the system's -> {error-code of 0.2, errno of 0.1, what it says}. What 0.2 has no case for is said by the one that is meant
-- best.
local ERRORS = {
  [1] = { 31, 63, 'operation not permitted' },
  [2] = { 20, 44, 'no such file or directory' },
  [4] = { 11, 27, 'interrupted' },
  [5] = { 13, 29, 'input/output error' },
  [6] = { 29, 60, 'no such device or address' },
  [9] = { 3, 8, 'bad file descriptor' },
  [11] = { 1, 6, 'resource temporarily unavailable' },
  [12] = { 22, 48, 'out of memory' },
  [13] = { 0, 2, 'permission denied' },
  [16] = { 4, 10, 'device or resource busy' },
  [17] = { 7, 20, 'file exists' },
  [18] = { 36, 75, 'the two lie on different file systems' },
  [19] = { 19, 43, 'no such device' },
  [20] = { 24, 54, 'not a directory' },
  [21] = { 14, 31, 'is a directory' },
  [22] = { 12, 28, 'invalid argument' },
  [23] = { 6, 41, 'too many files are open in the system' },
  [24] = { 6, 33, 'too many files are open' },
  [26] = { 35, 74, 'the file is a program that runs' },
  [27] = { 8, 22, 'the file would be too large' },
  [28] = { 23, 51, 'no space is left' },
  [29] = { 34, 70, 'illegal seek' },
  [30] = { 33, 69, 'the file system is read-only' },
  [31] = { 16, 34, 'too many links' },
  [32] = { 32, 64, 'broken pipe' },
  [35] = { 5, 16, 'a deadlock would come of it' },
  [36] = { 18, 37, 'the name is too long' },
  [37] = { 21, 46, 'no locks are left' },
  [38] = { 27, 52, 'the system has no such call' },
  [39] = { 25, 55, 'the directory is not empty' },
  [40] = { 15, 32, 'too many symbolic links, or one that is not to be followed' },
  [75] = { 30, 61, 'the value is too large' },
  [84] = { 9, 25, 'the name is not UTF-8' },
  [95] = { 27, 58, 'not supported' },
  [116] = { 13, 72, 'the file is gone from its server' },
  [122] = { 6, 19, 'the quota is used up' },
}

local OTHER = ERRORS[5]

--- The case of error-code of WASI 0.2.
function M.code(errno) return (ERRORS[errno] or OTHER)[1] end
--- The errno of WASI 0.1.
function M.errno(errno) return (ERRORS[errno] or OTHER)[2] end
--- What an error says.
function M.words(errno) return (ERRORS[errno] or OTHER)[3] end

--- The cases of descriptor-type of WASI 0.2.
M.TYPES = { unknown = 0, block = 1, character = 2, directory = 3, fifo = 4, link = 5, file = 6, socket = 7 }
--- The filetypes of WASI 0.1, which has none for FIFOs.
M.FILETYPES = { unknown = 0, block = 1, character = 2, directory = 3, file = 4, socket = 6, link = 7, fifo = 0 }

return M
