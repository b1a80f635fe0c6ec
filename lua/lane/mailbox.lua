-- Mailboxes: letters from one lane to one other, in plain memory, past Python and its lock.
--
-- A letter is a number, a kind and a text. Each mailbox has one lane that sends and one that receives; lua/calls/workers.py makes it
-- and frees it when both lanes are gone. Why this is safe:
-- * Letters form a list whose first one has been read already. Only the sender writes `next` of the last letter, only the receiver
--   frees letters, and never the last one that it knows of. So the two never have their hands on the same letter.
-- * What they share, `sent`, `asleep` and `closed`, is written and relied on under a mutex, which is what orders memory: a letter
--   is linked and written before the sender lets the mutex go, and read after the receiver has had it. Looking at `sent` without
--   it is a hint that there may be news.
-- * Nothing between lock and unlock allocates Lua memory, so no error can leave the mutex locked: only numbers are read there, and
--   numbers and pointers at hand are written.
-- * A receiver says under the mutex that it sleeps, having seen there that nothing is new; a sender sees that under the mutex too,
--   and wakes it by its descriptor. So no letter lies unread while its receiver sleeps. The receiver's end closes the mailbox under
--   the mutex before it closes the descriptor, so that nobody writes to a descriptor that is gone, or somebody else's by now.

local ffi = require 'ffi'

ffi.cdef [[
typedef struct mw_letter { struct mw_letter *next; double number; uint32_t kind, size; } mw_letter;
typedef struct { uint64_t mutex[8]; mw_letter *first; uint32_t sent, asleep, closed; int32_t descriptor; } mw_mailbox;
int pthread_mutex_lock(void *mutex);
int pthread_mutex_unlock(void *mutex);
void *malloc(size_t size);
void free(void *memory);
int mw_wake(int descriptor, const void *from, size_t count) __asm__("write");
]]

local lock, unlock, malloc, free, wake = ffi.C.pthread_mutex_lock, ffi.C.pthread_mutex_unlock, ffi.C.malloc, ffi.C.free, ffi.C.mw_wake
local cast, copy, string_at = ffi.cast, ffi.copy, ffi.string
local letter_type, bytes, mailbox_type = ffi.typeof 'mw_letter *', ffi.typeof 'char *', ffi.typeof 'mw_mailbox *'
local HEAD = ffi.sizeof 'mw_letter'
local one = ffi.new('uint64_t[1]', 1)

local M = {}

-- The sending end of the mailbox at an address: a function(kind, number, text) that gives false when nobody reads any more.
---@param address integer
---@return fun(kind: integer, number: integer, text: string): boolean
function M.sender(address)
  local box = cast(mailbox_type, address)
  local last, sent = box.first, 0
  return function(kind, number, text)
    local size = #text
    local memory = malloc(HEAD + size)
    if memory == nil then error('there is no memory for what is sent to another lane', 0) end
    local letter = cast(letter_type, memory)
    letter.next, letter.number, letter.kind, letter.size = nil, number, kind, size
    copy(cast(bytes, memory) + HEAD, text, size)
    local count = (sent + 1) % 4294967296
    lock(box)
    local open = box.closed == 0
    if open then
      last.next = letter
      box.sent = count
      if box.asleep ~= 0 then
        box.asleep = 0
        wake(box.descriptor, one, 8)
      end
    end
    unlock(box)
    if not open then
      free(memory)
      return false
    end
    last, sent = letter, count
    return true
  end
end

-- The receiving end of the mailbox at an address, which calls `deliver(kind, number, text)` for each letter that it takes.
---@param address integer
---@param deliver fun(kind: integer, number: integer, text: string): any
---@return {has_news: function, take: function, sleep: function, wake: function}
function M.receiver(address, deliver)
  local box = cast(mailbox_type, address)
  local letter, taken = box.first, 0
  local receiver = {}

  -- Tells whether there may be letters.
  function receiver.has_news() return box.sent ~= taken end

  -- Delivers what has come; tells whether anything had.
  function receiver.take()
    lock(box)
    local sent = box.sent
    unlock(box)
    if sent == taken then return false end
    repeat
      local read = letter
      letter = read.next
      box.first = letter
      free(read)
      taken = (taken + 1) % 4294967296
      deliver(letter.kind, letter.number, string_at(cast(bytes, letter) + HEAD, letter.size))
    until sent == taken
    return true
  end

  -- Has senders wake the lane from now on, unless there are letters already; tells whether it may sleep.
  function receiver.sleep()
    lock(box)
    local quiet = box.sent == taken
    if quiet then box.asleep = 1 end
    unlock(box)
    return quiet
  end

  -- Spares senders the waking of a lane that is awake.
  function receiver.wake() box.asleep = 0 end

  return receiver
end

return M
