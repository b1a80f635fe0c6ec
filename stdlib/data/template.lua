-- The module `template`: texts made of templates in Jinja's language, in its sandbox, with bounds of time, memory and length.
local bounds = require 'stdlib.data.bounds'
local callbacks = require 'lua.lane.ask'
local errors = require 'lua.values.errors'
local got = require 'lua.values.got'
local object = require 'stdlib.fs.object'

local type, error, next = type, error, next

-- Nothing of it works without Jinja, so whoever requires it hears that at once.
if callbacks.ready() then
  local there, problem = callbacks.perform('here', 'template')
  if not there then error(problem:message(), 0) end
end

local M = {}

-- How long all templates of a call may be, in bytes.
local LONGEST = 4 * 1024 * 1024

local TYPES = { escape = 'boolean', strict = 'boolean', templates = 'table' }

local class = object.class('TemplateSet', 'a set of templates', function() return 'TemplateSet' end)
local methods = class.methods

-- A copy of templates by their names; raises for what is none, and gives an error where they are too long.
local function checked(templates, name)
  if type(templates) ~= 'table' then error(name .. ': expected a table of templates by their names, got ' .. got(templates), 3) end
  local made, size = {}, 0
  for key, text in next, templates do
    if type(key) ~= 'string' then error(name .. ': expected names as the keys of templates, got ' .. got(key), 3) end
    made[key] = bounds.text(text, name, "template '" .. key:sub(1, 60) .. "'")
    size = size + #text
  end
  if size > LONGEST then
    return nil, bounds.invalid(name, ('the templates have %d bytes, and at most %d are taken'):format(size, LONGEST))
  end
  return made
end

local function perform(templates, name, values, options)
  return callbacks.perform('apart', 'template.render', templates, name, values, options.escape ~= false, options.strict or false)
end

local function check_values(values, name)
  if values ~= nil and type(values) ~= 'table' then error(name .. ': expected a table as the values, got ' .. got(values), 3) end
  return values == nil and {} or values
end

--- Returns what a template makes of values, or nil and an error. `options.templates` are others by name that it may include, import and
-- extend; `escape = false` leaves HTML as it is; with `strict`, a value that is not there is an error.
---@param text string
---@param values table?
---@param options table?
---@return any
---@return any err
function M.render(text, values, options)
  bounds.text(text, 'template.render', 'template')
  local given = bounds.options(options, 'template.render', TYPES)
  values = check_values(values, 'template.render')
  local templates, problem = checked(given.templates or {}, 'template.render')
  if not templates then return nil, problem end
  problem = bounds.too_long(text, 'template.render', LONGEST)
  if problem then return nil, problem end
  templates.template = text
  return perform(templates, 'template', values, given)
end

--- Returns a set of templates by their names, or nil and an error; options are those of `render`.
---@param templates table
---@param options table?
---@return any
---@return any err
function M.set(templates, options)
  local given = bounds.options(options, 'template.set', TYPES)
  local made, problem = checked(templates, 'template.set')
  if not made then return nil, problem end
  return class.new { templates = made, escape = given.escape, strict = given.strict }
end

local function state_of(set, name)
  local state = class.state(set)
  if not state then error('set:' .. name .. ' is called on ' .. object.described(set) .. ', write set:' .. name .. '(...)', 3) end
  return state
end

--- Returns what the template of a name makes of values, or nil and an error.
function methods.render(set, name, values)
  local state = state_of(set, 'render')
  bounds.text(name, 'set:render', 'name')
  values = check_values(values, 'set:render')
  if not state.templates then return nil, errors.make { kind = errors.kinds.INTERNAL, message = 'set:render: the set is released' } end
  if name == '' then return nil, bounds.invalid('set:render', 'the name is empty') end
  return perform(state.templates, name, values, state)
end

--- Forgets the templates; returns true.
function methods.release(set)
  state_of(set, 'release').templates = nil
  return true
end

return M
