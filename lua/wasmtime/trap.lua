-- What went wrong in a guest: takes a trap or an error from Wasmtime, frees it, and gives a message and a backtrace.

local ffi = require 'ffi'
local wasmtime = require 'lua.wasmtime.api'

local M = {}

-- The name of the generated module whose functions stand in for imports that are not linked; see host/wasm/plan/support.py.
M.UNLINKED = 'moonwit:unlinked'

-- The name of the one between a guest and functions of the host; see host/wasi/linkage.py.
M.HOSTED = 'moonwit'

-- What is wrong with a guest that calls an import where it may not.
M.LEFT = 'cannot leave component instance: it calls an import while values are passed to or from it, in its realloc or post-return function'

-- By our function in which such a guest has trapped; see host/wasi/linkage.py and host/wasm/plan/gate.py.
local SENTENCES = {
  waits_while_it_is_made = 'it waits in its start function, where a guest may not',
  cannot_leave_component_instance = M.LEFT,
  cannot_enter_component_instance = 'cannot enter component instance: a call comes back into one that is in a call already',
  too_many_handles = 'the guest holds more handles than it may',
  unknown_handle_index = 'unknown handle index: the guest uses a handle that it does not have',
  handle_of_another_resource = 'handle index used with the wrong type: it is of another resource than the function takes',
  owned_resource_is_lent = 'cannot remove owned resource while borrowed',
  not_an_own_handle = 'the guest gives away a handle that it has only borrowed',
  borrow_handles_remain = 'borrow handles still remain at the end of the call',
  calls_nest_too_deep = 'calls between component instances nest too deep',
  throws_in_realloc = 'it throws an exception in its realloc function, which a function of the host has called',
}

-- What is wrong with what passes between two components, by the end of the name of the function in which their adapter has trapped
-- (host/wasm/adapters/routines.py). The name begins with "caller" where the fault is with the one that calls, else with "callee".
local PASSES = {
  out_of_bounds = 'out of bounds: %s values that do not lie within its memory',
  list_out_of_bounds = 'list content out-of-bounds: %s a list that does not lie within its memory',
  string_out_of_bounds = 'string content out-of-bounds: %s a string that does not lie within its memory',
  unaligned = 'unaligned pointer: %s an address that is not a multiple of its alignment',
  too_long = 'too long: %s a string or list of more than 268435455 bytes',
  unknown_case = 'invalid variant discriminant: %s a case that its type does not have',
  no_char = 'invalid `char` bit pattern: %s a char that is not a Unicode scalar value',
  no_utf8 = 'invalid utf-8: %s a string that is not valid UTF-8',
  no_utf16 = 'invalid utf-16: %s a string that is not valid UTF-16',
}
local DOES = {
  realloc_out_of_bounds = "realloc return: beyond end of memory: the %s component's realloc function gives memory that it does not have",
  realloc_unaligned = "realloc return: result not aligned: the %s component's realloc function gives an unaligned pointer",
  throws_in_realloc = 'the %s component throws an exception in its realloc function',
  throws_in_post_return = 'the %s component throws an exception in its post-return function',
  throws = 'the %s component throws an exception, which no other component can catch',
}

local function sentence(name)
  local side, problem = name:match '^(call%a+)_(.+)$'
  if PASSES[problem] then
    return PASSES[problem]:format(side == 'caller' and 'a component passes another one' or 'a component returns to another one')
  end
  if DOES[problem] then return DOES[problem]:format(side == 'caller' and 'calling' or 'called') end
  return SENTENCES[name]
end

local function take_bytes(fill, from)
  local out = ffi.new 'mw_bytes'
  fill(from, out)
  local text = ffi.string(out.data, out.size)
  wasmtime.C.wasm_byte_vec_delete(out)
  return (text:gsub('%z$', ''))
end

local function name_of(bytes)
  if bytes == nil then return nil end
  return ffi.string(bytes.data, bytes.size)
end

local function take_frames(fill, from)
  local C, out, frames = wasmtime.C, ffi.new 'mw_pointers', {}
  fill(from, out)
  for i = 0, tonumber(out.size) - 1 do
    local frame = out.data[i]
    frames[#frames + 1] = {
      module = name_of(C.wasmtime_frame_module_name(frame)),
      func = name_of(C.wasmtime_frame_func_name(frame)) or ('function %d'):format(C.wasm_frame_func_index(frame)),
    }
  end
  C.wasm_frame_vec_delete(out)
  return frames
end

-- Wasmtime's message repeats the backtrace and ends with the reasons, one per line, numbered when there are several.
local function reason(message)
  local causes = message:match 'Caused by:%s*\n(.*)$'
  if not causes then return message:match 'wasm trap: ([^\n]*)' or message:match '^[^\n]*' end
  local words = {}
  for line in causes:gmatch '[^\n]+' do
    local word = line:gsub('^%s*%d*:?%s*', ''):gsub('^wasm trap: ', '')
    if word ~= '' then table.insert(words, 1, word) end
  end
  return table.concat(words, ': ')
end

-- How long names are shown, and what is looked at of one: finding pairs of brackets takes time.
local LONGEST, MOST = 120, 4000

-- A name of C++ or Rust without what only its compiler says, and of a long one without what is in brackets.
local function readable(name)
  name = name
    :sub(1, MOST)
    :gsub('%c', '?')
    :gsub('%f[%w]std::__%w+::', 'std::')
    :gsub('std::basic_string<char, std::char_traits<char>, std::allocator<char> ?>', 'std::string')
  if name:find('::h%x+$') and #name:match('::h(%x+)$') == 16 then name = name:gsub('::h%x+$', '') end
  for _, brackets in ipairs { { '%b<>', '<...>' }, { '%b()', '(...)' } } do
    if #name > LONGEST then name = name:gsub(brackets[1], brackets[2]) end
  end
  return #name <= LONGEST and name or name:sub(1, LONGEST):gsub('[\192-\255][\128-\191]*$', '') .. '...'
end

-- Gives the functions of a backtrace readable names. Wasmtime's message has those that a compiler has mangled in the language's own words.
local function name_frames(frames, message)
  local told
  for i, frame in ipairs(frames) do
    if frame.func:find '^_[ZR]' then
      if not told then
        told = {}
        for number, text in message:gmatch '\n%s*(%d+):%s+0x%x+ %- ([^\n]*)' do
          told[tonumber(number) + 1] = text
        end
      end
      local prefix = (frame.module or '<unknown>') .. '!'
      if told[i] and told[i]:sub(1, #prefix) == prefix then frame.func = told[i]:sub(#prefix + 1) end
    end
    frame.func = readable(frame.func)
  end
end

--- What a call, or the making of an instance, has failed with.
---@class Report
---@field reason string
---@field frames {module: string?, func: string}[]
---@field unlinked string? 'interface#function' that nobody provides
---@field raised any? the error that what answered an import ended the guest with
---@field exited integer? the status that the guest has ended itself with
---@field bytes number? how much memory the guest had
---@field said string? the end of what it wrote to its standard error

--- Takes over both reports of a call (either may be NULL); the caller must not use them again.
---@param failure ffi.cdata*?
---@param trap ffi.cdata*?
---@return Report
function M.take(failure, trap)
  ---@type ffi.namespace*, string, {module: string?, func: string}[]
  local C, message, frames = wasmtime.C, 'the guest failed', {}
  if trap ~= nil then
    message, frames = take_bytes(C.wasm_trap_message, trap), take_frames(C.wasm_trap_trace, trap)
    C.wasm_trap_delete(trap)
  end
  if failure ~= nil then
    message, frames = take_bytes(C.wasmtime_error_message, failure), take_frames(C.wasmtime_error_wasm_trace, failure)
    C.wasmtime_error_delete(failure)
  end
  local top = frames[1]
  -- A guest may call a module of its own by the same name.
  local unlinked = top and top.module == M.UNLINKED and top.func:find '^.+#.' and top.func or nil
  name_frames(frames, message)
  message = top and top.module == M.HOSTED and sentence(top.func) or message
  return {
    reason = reason(message),
    frames = frames,
    unlinked = unlinked,
  }
end

return M
