-- Differences of texts and patches.
local bounds = require 'stdlib.data.bounds'
local callbacks = require 'lua.lane.ask'
local got = require 'lua.values.got'
local object = require 'stdlib.fs.object'

local type, error, ipairs, concat = type, error, ipairs, table.concat

local M = {}

-- How long each text may be: a difference takes time for the square of what differs.
local LONGEST = 8 * 1024 * 1024

local TYPES = {
  diff_timeout = 'number',
  diff_edit_cost = 'number',
  match_threshold = 'number',
  match_distance = 'number',
  patch_delete_threshold = 'number',
  patch_margin = 'number',
}

local class = object.class('Differ', 'a differ', function() return 'Differ' end)
local methods = class.methods

--- Returns what compares texts. `options` are `diff_timeout` in seconds (1), `diff_edit_cost` (4), `match_threshold` (0.5),
-- `match_distance` (1000), `patch_delete_threshold` (0.5) and `patch_margin` (4).
---@param options table?
---@return any
---@return any err
function M.new(options)
  local given = {}
  for name, value in pairs(bounds.options(options, 'text.diff.new', TYPES)) do
    if not (value >= 0 and value < 1e9) then return nil, bounds.invalid('text.diff.new', name .. ' must be a number from 0 on') end
    given[name] = value
  end
  return class.new { options = given }
end

local function options_of(differ, name)
  local state = class.state(differ)
  if not state then error('differ:' .. name .. ' is called on ' .. object.described(differ) .. ', write differ:' .. name .. '(...)', 3) end
  return state.options
end

local function perform(differ, name, task, before, after)
  local options = options_of(differ, name)
  local call = 'differ:' .. name
  local problem = bounds.too_long(bounds.text(before, call, 'first text'), call, LONGEST)
    or bounds.too_long(bounds.text(after, call, 'second text'), call, LONGEST)
  if problem then return nil, problem end
  return callbacks.perform(#before + #after <= 256 and 'here' or 'apart', task, options, before, after)
end

--- Returns a list of `{operation, text}`: what is "equal", and what to "delete" and to "insert" to get from one text to the other.
function methods.compare(differ, before, after) return perform(differ, 'compare', 'text.diff.compare', before, after) end

--- Returns a list of patches that lead from one text to the other; each has a `text` to keep or to send.
function methods.patch_make(differ, before, after) return perform(differ, 'patch_make', 'text.diff.make', before, after) end

--- Returns what patches make of a text, and whether all of them fitted; or nil and an error.
function methods.patch_apply(differ, patches, text)
  local options = options_of(differ, 'patch_apply')
  if type(patches) ~= 'table' then error('differ:patch_apply: expected a list of patches, got ' .. got(patches), 2) end
  local problem = bounds.too_long(bounds.text(text, 'differ:patch_apply', 'text'), 'differ:patch_apply', LONGEST)
  if problem then return nil, problem end
  local answer, why = callbacks.perform('apart', 'text.diff.apply', options, patches, text)
  if not answer then return nil, why end
  return answer.text, answer.whole
end

local function each_step(differ, steps, name, show)
  options_of(differ, name)
  if type(steps) ~= 'table' then error('differ:' .. name .. ': expected a list of differences, got ' .. got(steps), 3) end
  for i, step in ipairs(steps) do
    if type(step) ~= 'table' or type(step.text) ~= 'string' then
      error('differ:' .. name .. ': expected {operation, text} at ' .. i .. ', got ' .. got(step), 3)
    end
    show(step.operation, step.text)
  end
end

--- Returns how many characters are in `insertions`, `deletions` and `equals` of a difference.
function methods.summarize(differ, steps)
  local counts = { insert = 0, delete = 0, equal = 0 }
  each_step(differ, steps, 'summarize', function(operation, text)
    local _, following = text:gsub('[\128-\191]', '')
    counts[operation] = (counts[operation] or 0) + #text - following
  end)
  return { insertions = counts.insert, deletions = counts.delete, equals = counts.equal }
end

local function shown(differ, steps, name, marks, escape)
  local parts = {}
  each_step(differ, steps, name, function(operation, text)
    local mark = marks[operation]
    parts[#parts + 1] = mark and mark[1] .. escape(text) .. mark[2] or escape(text)
  end)
  return concat(parts)
end

--- Returns a difference for a terminal: deletions in red, insertions in green.
function methods.pretty_text(differ, steps)
  local marks = { delete = { '\27[31m', '\27[0m' }, insert = { '\27[32m', '\27[0m' } }
  return shown(differ, steps, 'pretty_text', marks, function(text) return text end)
end

local ENTITIES = { ['&'] = '&amp;', ['<'] = '&lt;', ['>'] = '&gt;', ['"'] = '&quot;', ["'"] = '&#39;' }

--- Returns a difference as HTML, with `<del>` and `<ins>`.
function methods.pretty_html(differ, steps)
  local marks = { delete = { '<del>', '</del>' }, insert = { '<ins>', '</ins>' } }
  return shown(differ, steps, 'pretty_html', marks, function(text) return (text:gsub('[&<>"\']', ENTITIES)) end)
end

return M
