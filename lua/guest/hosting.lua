-- Functions of the host that guests import: Lua functions, called by way of one FFI callback, with core values; two more serve
-- the one function that waits.
--
-- A plain function(I, io) reads its core arguments from `io`, leaves its core result in io[0], and returns nothing, or the reason of a
-- trap. A function that may wait, or that gives what needs memory of the guest, stands behind WebAssembly of our own (host/wasm/
-- hosting.py), which does what it asks for in io[0].i64 and calls "next" until nothing more is asked: see M.finish, M.wait and
-- M.allocate. So no function of the host ever calls into the guest, and only the WebAssembly waits.
--
-- LuaJIT ends the process when C code that a compiled trace calls comes back into Lua: lua/guest/entrances.lua says what is done about that.

local ffi = require 'ffi'
local wasmtime = require 'lua.guest.wasmtime'

local cast, tonumber, pcall, type = ffi.cast, tonumber, pcall, type

local M = {}

-- The instance whose guest runs: set before each entry into a guest with functions of the host.
M.running = nil

local library = {} -- "interface#function" -> function(I, io)
local numbered = {} -- what the callback tells functions by -> function(I, io)
local linkers = {} -- address of an engine -> {pointer =, names = {name -> true}, prepared = {modules}, files = Wasmtime's WASI or nil}

-- Loads what provides the interfaces of the host, with the first guest that imports some of them.
local load_library

--- Sets what loads the modules that call `provide`.
function M.setup(load) load_library = load end

--- What sends the requests of instances: begin(I) begins those in I.unsent, leave(I) ends those in I.exchanges, drain() passes on what
-- was asked for. Whoever sets those fields of an instance sets this (lua/wasi/exchange.lua).
M.exchanges = nil

--- Adds the functions of an interface: {name = function(I, io)}.
function M.provide(interface, functions)
  for name, f in pairs(functions) do
    library[interface .. '#' .. name] = f
  end
end

-- Ends the guest with a trap; for code deep in a host function.
local Trap = {}
function M.trap(reason) error(setmetatable({ reason = reason }, Trap), 0) end

local function new_trap(reason) return wasmtime.C.wasmtime_trap_new(reason, #reason) end

-- Gives the trap that a call of the host ends in, or nil.
local function answer(env, io)
  local ok, reason = pcall(numbered[env], M.running, io)
  if ok and reason == nil then return nil end
  if not ok then
    reason = getmetatable(reason) == Trap and reason.reason or 'a mistake in Moonwit, please report it: ' .. tostring(reason)
  end
  return new_trap(reason)
end

local WRONG = 'a mistake in Moonwit, please report it: a function of the host could not say what is wrong'

-- No error may leave it, not that there is no memory either.
local function called(env, _, io)
  local ok, made = pcall(answer, env, io)
  if ok then return made end
  return new_trap(WRONG)
end

-- Whether what the guest waits for has come; the dispatcher says so before it lets the guest go on.
M.come = false

local function resumed()
  local come = M.come
  M.come = false
  return come and 1 or 0
end

local callbacks

local function make_callbacks()
  local go_on = cast('uintptr_t (*)(uint32_t)', resumed)
  return {
    call = cast('mw_host_callback', called),
    wait = cast('mw_wait_callback', function(_, _, _, _, _, _, _, next)
      next.callback, next.env, next.finalizer = go_on, nil, nil
    end),
  }
end

local function types_of(letters)
  local out, list = ffi.new 'mw_pointers', ffi.new('void *[?]', math.max(#letters, 1))
  for i = 1, #letters do
    list[i - 1] = wasmtime.C.wasm_valtype_new(wasmtime.KINDS[letters:sub(i, i)])
  end
  wasmtime.C.wasm_valtype_vec_new(out, #letters, list)
  return out
end

local WAIT = 'wait'

local function check(failure)
  if failure ~= nil then error('a function of the host could not be defined', 0) end
end

-- The lane's linker for an engine, which holds every function of the host that was asked for.
local function linker_of(engine)
  local key = tostring(engine)
  local known = linkers[key]
  if not known then
    callbacks = callbacks or make_callbacks()
    local C = wasmtime.C
    known = { pointer = C.wasmtime_linker_new(engine), names = {}, prepared = {} }
    linkers[key] = known
    local type = C.wasm_functype_new(types_of '', types_of '')
    check(C.wasmtime_linker_define_async_func(known.pointer, '', 0, WAIT, #WAIT, type, callbacks.wait, nil, nil))
    C.wasm_functype_delete(type)
  end
  return known
end

--- What the names of Wasmtime's own functions begin with.
M.FILES = 'wasi_snapshot_preview1!'

local function files_of(engine)
  local linker = wasmtime.C.wasmtime_linker_new(engine)
  check(wasmtime.C.wasmtime_linker_define_wasi(linker))
  return linker
end

--- Makes the functions that a plan names ready to be linked; `functions` is a list of {name =, params =, results =}.
function M.prepare(engine, functions)
  load_library()
  local linker, C = linker_of(engine), wasmtime.C
  for _, wanted in ipairs(functions) do
    if wanted.name:find(M.FILES, 1, true) then
      linker.files = linker.files or files_of(engine)
    elseif not linker.names[wanted.name] then
      linker.names[wanted.name] = true
      local number = #numbered + 1
      numbered[number] = library[wanted.name] or error('the host has no function ' .. wanted.name, 0)
      local type = C.wasm_functype_new(types_of(wanted.params), types_of(wanted.results))
      check(
        C.wasmtime_linker_define_func_unchecked(
          linker.pointer,
          '',
          0,
          wanted.name,
          #wanted.name,
          type,
          callbacks.call,
          cast('void *', number),
          nil
        )
      )
      C.wasm_functype_delete(type)
    end
  end
  return linker
end

--- Tells whether nobody notices that a call was ended and made again: the functions of the host that a plan names, if any, change nothing.
function M.is_repeatable(functions)
  for _, wanted in ipairs(functions or {}) do
    local name = wanted.name
    -- `next` gives them memory of the guest's.
    if name ~= 'next' and not name:find '^wasi:random/' and not name:find '^wasi:clocks/wall%-clock#' then return false end
  end
  return true
end

--- Resolves the imports of a module that imports functions of the host alone, by their names, once for all its instances: gives what
-- wasmtime_instance_pre_instantiate takes, or nil where some of them are Wasmtime's own.
function M.prepare_group(linker, module, functions)
  for _, name in ipairs(functions) do
    if name:find(M.FILES, 1, true) then return nil end
  end
  local out = ffi.new 'void *[1]'
  check(wasmtime.C.wasmtime_linker_instantiate_pre(linker.pointer, module, out))
  table.insert(linker.prepared, out[0])
  return out[0]
end

--- Puts a function of the host into `into`, for instance `I`.
function M.link(I, name, into)
  local linker = I.P.linker
  local found
  if name:find(M.FILES, 1, true) then
    local module, own = name:match '^(.-)!(.*)$'
    found = wasmtime.C.wasmtime_linker_get(linker.files, I.ctx, module, #module, own, #own, into)
  else
    found = wasmtime.C.wasmtime_linker_get(linker.pointer, I.ctx, '', 0, name, #name, into)
  end
  if not found then error('a function of the host could not be linked: ' .. name, 0) end
end

local found, reference, place -- made when the library is there

--- Puts a function into an element of a table.
function M.fill(I, table, index, func)
  reference = reference or ffi.new 'mw_val[1]'
  reference[0].kind, reference[0].of.funcref = wasmtime.FUNCREF, func
  check(wasmtime.C.wasmtime_table_set(I.ctx, table, index, reference))
end

--- Adds a function to the end of a table; gives its index.
function M.add(I, table, func)
  reference, place = reference or ffi.new 'mw_val[1]', place or ffi.new 'uint64_t[1]'
  reference[0].kind, reference[0].of.funcref = wasmtime.FUNCREF, func
  check(wasmtime.C.wasmtime_table_grow(I.ctx, table, 1, reference, place))
  return tonumber(place[0])
end

--- Puts the function that waits into element 0 of a table: from then on, calls into the store are asynchronous.
function M.fill_wait(I, table)
  found = found or ffi.new 'mw_extern[1]'
  M.link(I, WAIT, found)
  M.fill(I, table, 0, found[0].of.func)
end

--- Frees what the lane's guests were linked with, when none of them is left.
function M.close()
  for _, linker in pairs(linkers) do
    for _, prepared in ipairs(linker.prepared) do
      wasmtime.C.wasmtime_instance_pre_delete(prepared)
    end
    wasmtime.C.wasmtime_linker_delete(linker.pointer)
    if linker.files then wasmtime.C.wasmtime_linker_delete(linker.files) end
  end
  linkers = {}
end

-- What wrapped functions ask for -------------------------------------------------------------------------------------

--- Asks for nothing more.
function M.finish(io) io[0].i64 = 0 end

--- Asks to wait for `pending` (lua/wasi/p2/poll.lua), and to call after(I, io) then.
function M.wait(I, io, pending, after)
  I.pending, I.after = pending, after
  io[0].i64 = -1
end

local request

local function collect(I, io, at)
  local asked = I.asked
  local i = asked.i
  local size, align = asked[i].size, asked[i].align
  if at + size > M.size(I) then M.trap "the guest's realloc gave memory that it does not have" end
  if at % align ~= 0 then M.trap "the guest's realloc gave an address that is not aligned" end
  asked[i].at = at
  asked.i = i + 1
  return request(I, io)
end

function request(I, io)
  local asked = I.asked
  local next = asked[asked.i]
  -- Nothing is asked for too: the realloc of wasi-libc's adapter has a place for what comes, and expects it there.
  if next then
    I.after = collect
    io[0].i64 = next.align * 4294967296LL + next.size
    return
  end
  I.asked, I.after = nil, nil
  asked.done(I, asked)
  io[0].i64 = 0
end

-- What a guest may be given at once, in bytes.
local MOST = 2 ^ 30

--- Asks for memory: `asked` is a list of {size =, align =}, each of which gets an address `at` before asked.done(I, asked) is called.
function M.allocate(I, io, asked)
  local all = 0
  for _, each in ipairs(asked) do
    all = all + each.size
  end
  if all > MOST then M.trap 'the host has more to give than fits the guest' end
  asked.i = 1
  I.asked = asked
  return request(I, io)
end

library.next = function(I, io) return I.after(I, io, io[0].u32) end

-- The guest's memory -------------------------------------------------------------------------------------------------

--- How many bytes of memory the guest has now.
function M.size(I)
  if not I.memory then M.trap 'the guest has no memory that the host could use: export it as "memory"' end
  return tonumber(wasmtime.C.wasmtime_memory_data_size(I.ctx, I.memory))
end

--- A pointer to `size` bytes of the guest at `at`, which must be a multiple of `align`; a trap when the guest has no such memory.
-- It is good until the guest runs again.
function M.at(I, at, size, align)
  if at % (align or 1) ~= 0 or at + size > M.size(I) then M.trap "an address outside of the guest's memory was given to the host" end
  return wasmtime.C.wasmtime_memory_data(I.ctx, I.memory) + at
end

local p8, p32, p64 = ffi.typeof 'uint8_t *', ffi.typeof 'uint32_t *', ffi.typeof 'uint64_t *'

function M.put8(I, at, value) cast(p8, M.at(I, at, 1))[0] = value end
function M.put32(I, at, value) cast(p32, M.at(I, at, 4, 4))[0] = value end
function M.put64(I, at, value) cast(p64, M.at(I, at, 8, 8))[0] = value end

--- The bytes of a list<u8> or string that a guest gives; an empty one has an address too, which must lie in the memory.
function M.bytes(I, at, size)
  local from = M.at(I, at, size)
  if size > MOST then M.trap(('the guest gives the host %d bytes at once; at most %d are taken'):format(size, MOST)) end
  return ffi.string(from, size)
end

--- Gives a list<u8> or string that lies at `ret` and whose bytes lie where `asked` says.
function M.put_bytes(I, ret, asked, text)
  local pointer = cast(p32, M.at(I, ret, 8, 4))
  pointer[0], pointer[1] = asked.at, #text
  if #text > 0 then ffi.copy(M.at(I, asked.at, #text), text, #text) end
end

--- Gives, at `ret`, an option<string>: `text` or nil.
function M.put_option(I, io, ret, text)
  M.at(I, ret, 12, 4)
  if not text then
    M.put8(I, ret, 0)
    return M.finish(io)
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

-- Handles ------------------------------------------------------------------------------------------------------------

--- How many handles a guest may hold.
M.MOST_HANDLES = 2 ^ 16

--- Gives the guest a handle of a host object: {kind =, ...}. One that belongs to another, its parent, must be dropped before it.
function M.hand(I, object, parent)
  if parent then
    object.parent = parent
    parent.children = (parent.children or 0) + 1
  end
  local held = I.held
  local index = held.free
  if index then
    held.free = held[index]
  else
    index = held.next
    if index > M.MOST_HANDLES then M.trap(('the guest holds %d handles, more than it may'):format(M.MOST_HANDLES)) end
    held.next = index + 1
  end
  held[index] = object
  return index
end

--- The object of a guest's handle; a trap when there is none of that kind.
function M.object(I, index, kind)
  local object = I.held[index]
  if type(object) ~= 'table' or object.kind ~= kind then M.trap(('there is no %s with the handle %d'):format(kind, index)) end
  return object
end

--- Ends a guest's handle.
function M.drop(I, index, kind)
  local object = M.object(I, index, kind)
  local parent = object.parent
  if object.children and object.children > 0 then M.trap(('the guest drops the %s %d before what belongs to it'):format(kind, index)) end
  if parent then
    parent.children = parent.children - 1
    object.parent = nil
  end
  I.held[index] = I.held.free
  I.held.free = index
end

return M
