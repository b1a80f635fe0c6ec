-- Where scripts print: C's standard output, buffered as C does, or what takes its place.
local got = require 'lua.values.got'
---@type table
local stdout = io.stdout
local tostring, type, error, select = tostring, type, error, select
local concat = table.concat

local M = {}

-- Takes the line away that stands on the terminal, if one does.
local clear ---@type fun()?

--- Has `f()` called before anything else is written, once: it takes away a line that stands on standard error.
---@param f fun()?
function M.stand(f) clear = f end

local function make_room()
  local f = clear
  clear = nil
  if f then f() end
end

local function shown(value)
  local text = tostring(value)
  if type(text) ~= 'string' then error('print: expected a string from __tostring of a ' .. type(value) .. ', got ' .. got(text), 3) end
  return text
end

--- Prints its arguments separated by tabs, as Lua's `print`; raises when standard output takes no more.
---@param ... any
function M.print(...)
  local count = select('#', ...)
  local ok, problem
  if clear then make_room() end
  if count == 1 then
    ok, problem = stdout:write(shown((...)), '\n')
  else
    local texts = { ... }
    for i = 1, count do
      texts[i] = shown(texts[i])
    end
    ok, problem = stdout:write(concat(texts, '\t', 1, count), '\n')
  end
  if not ok then error("print: standard output can't be written to: " .. tostring(problem), 2) end
end

--- Has `sink` take what is printed: it has the methods `write(...)` and `flush()` of a file in Lua, and `keep(text)`, which takes a
--- guest's text until the next flush: a guest may be on a stack of its own, from where nothing else of the host is to be called.
---@param sink table
function M.redirect(sink) stdout = sink end

--- Writes a guest's text to 'stdout' or 'stderr'; returns true, or nil and a message.
---@param stream "stdout"|"stderr"
---@param text string
---@return any
---@return string?
function M.write(stream, text)
  if stream == 'stdout' and stdout ~= io.stdout then return stdout.keep(text) end
  return io[stream]:write(text)
end

--- Writes what a script says on standard error, which in a session is its screen; returns true, or nil and a message.
---@param ... string
---@return any
---@return string?
function M.complain(...)
  if clear then make_room() end
  if stdout ~= io.stdout then return stdout:write(...) end
  return io.stderr:write(...)
end

--- Writes texts to standard output as they are; returns true, or nil and a message.
---@param ... string
---@return any
---@return string?
function M.write_out(...)
  if clear then make_room() end
  return stdout:write(...)
end

--- Says whether something has taken the place of standard output: a session.
---@return boolean
function M.is_redirected() return stdout ~= io.stdout end

--- Writes what is still buffered; returns true, or nil and a message.
function M.flush()
  if clear then make_room() end
  local ok, problem = stdout:flush()
  if ok then return true end
  return nil, "standard output can't be written to: " .. tostring(problem)
end

return M
