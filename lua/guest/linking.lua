-- Functions of the host that guests import: Lua functions, called by way of one FFI callback, with core values; two more serve the one
-- function that waits. How they end, and what they may ask for, is in lua/guest/protocol.lua.
--
-- LuaJIT ends the process when C code that a compiled trace calls comes back into Lua: lua/wasmtime/entrances.lua says what is done about
-- that.

local ffi = require 'ffi'
local protocol = require 'lua.guest.protocol'
local running = require 'lua.guest.running'
local wasmtime = require 'lua.wasmtime.api'

local cast, tonumber, pcall = ffi.cast, tonumber, pcall

local M = {}

local library = { next = protocol.next } -- "interface#function" -> function(instance, io)

-- Says which memory the next function of the host reads and writes, of a guest that has several.
function library.memory(instance, io) instance.memory = instance.memories[io[0].u32 + 1] end

local numbered = {} -- what the callback tells functions by -> function(instance, io)
local linkers = {} -- address of an engine -> {pointer =, names = {name -> true}, prepared = {modules}}

-- Loads what provides the interfaces of the host, with the first guest that imports some of them.
local load_library

--- Sets what loads the modules that call `provide`.
---@param load fun()
function M.setup(load) load_library = load end

--- Adds the functions of an interface: {name = function(instance, io)}.
---@param interface string
---@param functions table<string, fun(instance: Instance, io: ffi.cdata*): any>
function M.provide(interface, functions)
  for name, f in pairs(functions) do
    library[interface .. '#' .. name] = f
  end
end

-- A component of WASI 0.3 calls natives, by their numbers in its plan from 0 (lua/tasks).
local function native(name)
  local number = tonumber(name:match '^native#(%d+) ')
  return number and function(instance, io) return instance.plan.tasks.functions[number + 1](instance, io) end
end

local function new_trap(reason) return wasmtime.C.wasmtime_trap_new(reason, #reason) end

-- What answers an import from the registry is known by its number in the plan of the instance (lua/imports/providers.lua).
local function provided(name)
  local number = tonumber(name:match '^provided#(%d+) ')
  return number and function(instance, io) return instance.plan.provided[number](instance, io) end
end

-- Gives the trap that a call of the host ends in, or nil.
local function answer(env, io)
  local ok, reason = pcall(numbered[env], running.instance, io)
  if ok and reason == nil then return nil end
  if not ok then reason = protocol.reason_of(reason) or 'a mistake in Moonwit, please report it: ' .. tostring(reason) end
  return new_trap(reason)
end

local WRONG = 'a mistake in Moonwit, please report it: a function of the host could not say what is wrong'

-- No error may leave it, not even one for lack of memory.
local function called(env, _, io)
  local ok, made = pcall(answer, env, io)
  if ok then return made end
  return new_trap(WRONG)
end

local function resumed()
  local come = running.come
  running.come = false
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

--- Makes the functions that a plan names ready to be linked; `functions` is a list of {name =, params =, results =}.
---@param engine ffi.cdata* wasm_engine_t*
---@param functions border.HostFunction[]
---@return table linker
function M.prepare(engine, functions)
  load_library()
  local linker, C = linker_of(engine), wasmtime.C
  for _, wanted in ipairs(functions) do
    if not linker.names[wanted.name] then
      linker.names[wanted.name] = true
      local number = #numbered + 1
      numbered[number] = library[wanted.name]
        or provided(wanted.name)
        or native(wanted.name)
        or error('the host has no function ' .. wanted.name, 0)
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
---@param functions border.HostFunction[]?
---@return boolean
function M.is_repeatable(functions)
  for _, wanted in ipairs(functions or {}) do
    local name = wanted.name
    -- `next` gives them memory of the guest.
    if name ~= 'next' and name ~= 'memory' and not name:find '^wasi:random/' and not name:find '^wasi:clocks/wall%-clock#' then
      return false
    end
  end
  return true
end

--- Resolves the imports of a module that imports only functions of the host, by their names, once for all its instances: gives what
-- wasmtime_instance_pre_instantiate takes.
---@param linker table
---@param module ffi.cdata* wasmtime_module_t*
---@return ffi.cdata* wasmtime_instance_pre_t*
function M.prepare_group(linker, module)
  local out = ffi.new 'void *[1]'
  check(wasmtime.C.wasmtime_linker_instantiate_pre(linker.pointer, module, out))
  table.insert(linker.prepared, out[0])
  return out[0]
end

--- Puts a function of the host into `into`, for instance `instance`.
---@param instance Instance
---@param name string
---@param into ffi.cdata* mw_extern[1]
function M.link(instance, name, into)
  local linker = instance.plan.linker.pointer
  if not wasmtime.C.wasmtime_linker_get(linker, instance.ctx, '', 0, name, #name, into) then
    error('a function of the host could not be linked: ' .. name, 0)
  end
end

local found, reference, place -- made when the library is there

--- Puts a function into an element of a table.
---@param instance Instance
---@param table ffi.cdata* mw_table
---@param index integer
---@param func ffi.cdata* mw_func
function M.fill(instance, table, index, func)
  reference = reference or ffi.new 'mw_val[1]'
  reference[0].kind, reference[0].of.funcref = wasmtime.FUNCREF, func
  check(wasmtime.C.wasmtime_table_set(instance.ctx, table, index, reference))
end

--- Adds a function to the end of a table; gives its index.
---@param instance Instance
---@param table ffi.cdata* mw_table
---@param func ffi.cdata* mw_func
---@return integer
function M.add(instance, table, func)
  reference, place = reference or ffi.new 'mw_val[1]', place or ffi.new 'uint64_t[1]'
  reference[0].kind, reference[0].of.funcref = wasmtime.FUNCREF, func
  check(wasmtime.C.wasmtime_table_grow(instance.ctx, table, 1, reference, place))
  return tonumber(place[0])
end

--- Puts the function that waits into element 0 of a table: from then on, calls into the store are asynchronous.
---@param instance Instance
---@param table ffi.cdata* mw_table
function M.fill_wait(instance, table)
  found = found or ffi.new 'mw_extern[1]'
  M.link(instance, WAIT, found)
  M.fill(instance, table, 0, found[0].of.func)
end

--- Frees what the lane's guests were linked with, when none of them is left.
function M.close()
  for _, linker in pairs(linkers) do
    for _, prepared in ipairs(linker.prepared) do
      wasmtime.C.wasmtime_instance_pre_delete(prepared)
    end
    wasmtime.C.wasmtime_linker_delete(linker.pointer)
  end
  linkers = {}
end

return M
