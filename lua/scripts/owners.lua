-- Who has what open: each script and each entry has modules of its own where what they open is counted, and belongs to it.
local setmetatable = setmetatable

local M = {}

--- A module -> the function that makes it for an owner, `{name, finish}`; modules sets `finish` to what is to happen at the owner's end.
M.makers = setmetatable({}, { __mode = 'k' })

local of = setmetatable({}, { __mode = 'k' }) -- the global table of a script -> its owner
local last = 0

--- Makes the owner of an entry's source.
---@param id string
---@return table
function M.entry(id) return { name = id } end

--- Makes the owner of a script. It ends with the script, so two scripts of a name are two.
---@param chunkname string
---@return table
function M.script(chunkname)
  last = last + 1
  return { name = chunkname .. '#' .. last }
end

--- Notes whose global table it is.
---@param env table
---@param owner table
function M.note(env, owner) of[env] = owner end

--- Gives a module as its owner has it.
---@param module table
---@param owner table
---@return table
function M.owned(module, owner)
  local make = M.makers[module]
  if not make then return module end
  owner.made = owner.made or {}
  owner.made[module] = owner.made[module] or make(owner)
  return owner.made[module]
end

--- Ends what the script of a global table has left open.
---@param env table
function M.finish(env)
  local owner = of[env]
  if owner and owner.finish then owner.finish() end
end

return M
