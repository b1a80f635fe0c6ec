local function deep()
  local e = errors.new 'x'
  return e
end
local e = deep()
local s = errors.call_stack(e).frames
return #s, s[1].source, s[1].line, s[1].name, s[2].line, s[2].name, e:stack()
