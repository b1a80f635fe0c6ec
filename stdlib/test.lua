-- The module `test`: what `moonwit test` runs. A test that fails raises; `moonwit test` counts it and goes on with the next.
local callbacks = require 'lua.lane.ask'
local clock = require 'lua.dispatcher.clock'
local differences = require 'stdlib.test.differences'
local errors = require 'lua.values.errors'
local got = require 'lua.values.got'

local error, ipairs, pcall, select, tostring, type = error, ipairs, pcall, select, tostring, type
local concat = table.concat

---@type table<string, function>
local M = {}

-- How a canceled task ends: nothing may hold that up.
local CANCELED = errors.kinds.CANCELED

-- What the tests of this lane have to clean up, the last first; nil while none runs.
local cleanups

local function words(problem)
  if errors.is_error(problem) then return problem:message(), problem:stack() end
  return tostring(problem), ''
end

local function fail(message, level)
  -- Where the test has called.
  error(message, level + 1)
end

local function clean_up()
  local failed
  for i = #cleanups, 1, -1 do
    local ok, problem = pcall(cleanups[i])
    if not ok and failed == nil then failed = problem end
  end
  cleanups = nil
  return failed
end

--- Runs `f` as a test of this name. Where `moonwit test` runs it a failure is counted and the next test goes on; elsewhere it is raised.
function M.it(name, f)
  if type(name) ~= 'string' then error('test.it: expected a string as the name, got ' .. got(name), 2) end
  if type(f) ~= 'function' then error('test.it: expected a function as the test, got ' .. got(f), 2) end
  if cleanups then error('test.it: a test is running: tests can not be in one another', 2) end
  local wanted = callbacks.listens 'test_begin' and callbacks.ask('test_begin', name)
  if wanted and not wanted.run then return end
  cleanups = {}
  local began = clock.system()
  local ok, problem = pcall(f)
  local uncleaned = clean_up()
  if ok and uncleaned ~= nil then
    ok, problem = false, uncleaned
  end
  if not ok and errors.is_error(problem) and problem:kind() == CANCELED then error(problem, 0) end
  if not wanted then
    if not ok then error(problem, 0) end
    return
  end
  local message, stack = '', ''
  if not ok then
    message, stack = words(problem)
  end
  callbacks.ask('test_end', name, ok and '1' or '', message, stack, tostring((clock.system() - began) / 1e6))
end

--- Fails unless two values are the same: numbers, strings, booleans, nil, and tables by all that is in them. The failure lists what is
--- different.
function M.eq(value, expected)
  local found = differences.list(value, expected)
  if found[1] then fail(found[2] and 'the values differ\n  ' .. concat(found, '\n  ') or found[1], 2) end
end

--- Fails unless a value is neither nil nor false; gives it.
function M.ok(value, message)
  if not value then fail(message or ('expected something that is true, got ' .. tostring(value)), 2) end
  return value
end

--- Fails unless `f` raises, or returns nil and an error as functions of modules do; gives that error. With `expected`, a text, the error's
--- message must hold it, or its kind be it.
function M.raises(f, expected)
  if type(f) ~= 'function' then error('test.raises: expected a function, got ' .. got(f), 2) end
  local ok, first, second = pcall(f)
  local problem = second
  if not ok then problem = first end
  if problem == nil or (ok and first ~= nil) then fail('expected an error, got ' .. differences.show(first), 2) end
  local message = words(problem)
  if expected ~= nil and not message:find(expected, 1, true) and not (errors.is_error(problem) and problem:kind() == expected) then
    fail(('expected an error with %s, got %s'):format(differences.show(expected), differences.show(message)), 2)
  end
  return problem
end

--- Has `f` called when the test that runs has ended, however it ends; the last one given is the first called.
function M.cleanup(f)
  if type(f) ~= 'function' then error('test.cleanup: expected a function, got ' .. got(f), 2) end
  if not cleanups then error('test.cleanup: no test is running', 2) end
  cleanups[#cleanups + 1] = f
end

--- Makes a fixture: a function that gives the value that `make` makes, once for each test that asks for it. What `make` returns second, a
--- function, is called with the value when the test has ended.
function M.fixture(make)
  if type(make) ~= 'function' then error('test.fixture: expected a function, got ' .. got(make), 2) end
  local owner, value
  return function()
    if not cleanups then error('a fixture belongs to a test, and none is running', 2) end
    if owner == cleanups then return value end
    local made, done = make()
    owner, value = cleanups, made
    if type(done) == 'function' then M.cleanup(function() done(made) end) end
    return value
  end
end

--- Runs a test once for each row of a table: `f` is called with what is in the row, and the name is made by `string.format` with it.
function M.each(rows, name, f)
  if type(rows) ~= 'table' then error('test.each: expected a table of rows, got ' .. got(rows), 2) end
  for number, row in ipairs(rows) do
    if type(row) ~= 'table' then row = { row } end
    local ok, full = pcall(string.format, name, unpack(row))
    M.it(ok and select(1, full) or ('%s (%d)'):format(name, number), function() return f(unpack(row)) end)
  end
end

return M
