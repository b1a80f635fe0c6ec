-- Globals that an input reads and that are not there.
local nearest = require 'lua.values.nearest'

local getmetatable, next, rawget, sort, type = getmetatable, next, rawget, table.sort, type

local MOST_NOTES = 5

-- What other sessions are left by.
local LEAVING = { exit = '; :quit or Ctrl-D leaves', quit = '; :quit or Ctrl-D leaves' }

local M = {}

--- Notices the globals that are read while `watching()` and that are not there. Returns a function that gives a sentence for each that
-- still is not, and one that begins anew.
---@param env table
---@param kept table
---@param own table
---@param watching function
---@return fun(): string[]?
---@return function
function M.watch(env, kept, own, watching)
  local undefined = {} -- the names, as keys
  local known = getmetatable(env)
  local module_of = known.__index
  function known.__index(t, name)
    local value = module_of(t, name)
    if value == nil and type(name) == 'string' and name ~= '_' and watching() then undefined[name] = true end
    return value
  end

  local function notes()
    local names, sentences = {}, {}
    for name in next, undefined do
      if rawget(env, name) == nil and not kept.get(name) then names[#names + 1] = name end
    end
    undefined = {}
    sort(names)
    for i = 1, math.min(#names, MOST_NOTES) do
      local hint = LEAVING[names[i]] or nearest.hint(names[i], own.names())
      sentences[i] = ("there is no global '%s'"):format(names[i]:sub(1, 60)) .. hint
    end
    return sentences[1] and sentences or nil
  end

  return notes, function() undefined = {} end
end

return M
