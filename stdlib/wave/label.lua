-- Names in WAVE: kebab-case words, each all lower or all upper case, the first beginning with a letter.
local M = {}

--- Names that mean a value unless a `%` stands before them.
M.keywords = { ['true'] = true, ['false'] = true, inf = true, nan = true, none = true, some = true, ok = true, err = true }

--- Says whether a text is a name.
---@param text any
---@return boolean
function M.is_label(text)
  if not text:find '^%a' or text:find '%-$' or text:find('--', 1, true) then return false end
  for word in text:gmatch '[^-]+' do
    if not (word:find '^[a-z0-9]+$' or word:find '^[A-Z0-9]+$') then return false end
  end
  return true
end

return M
