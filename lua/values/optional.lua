-- The two values that tell "absent" from "present" where nil can't: inside lists and nested options.
local newproxy, getmetatable, setmetatable, tostring = newproxy, getmetatable, setmetatable, tostring

local M = {}

local function tag(text)
  local value = newproxy(true)
  local meta = getmetatable(value)
  meta.__tostring = function() return text end
  meta.__metatable = text
  return value
end

--- What stands for an absent optional, and for JSON's null. A userdata, so that nobody can put anything into it.
M.none = tag('none')

--- `getmetatable(x) == TAG` is true for what `some` returns.
M.TAG = tag('wit.some')

local SOME = {
  __metatable = M.TAG,
  __tostring = function(value) return 'some(' .. tostring(value[1]) .. ')' end,
}

--- Returns a present optional; its payload is `x[1]`.
---@param value any
---@return table
function M.some(value) return setmetatable({ value }, SOME) end

--- Says whether a value was made by `some`.
---@param value any
---@return boolean
function M.is_some(value) return getmetatable(value) == M.TAG end

return M
