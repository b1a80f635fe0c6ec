-- What a value is, in the words that follow "expected a string, got": nil, or its type.

---@param value any
---@return string
return function(value) return value == nil and 'nil' or 'a ' .. type(value) end
