local funcs = require('funcs')
return function(id, text, calls)
  local values, wrong = {}, {}
  for i = 1, calls do
    local value, err
    if text == '' then
      value, err = funcs.call(id)
    else
      value, err = funcs.call(id, text)
    end
    if err then
      wrong[#wrong + 1] = err:message()
    else
      values[#values + 1] = tostring(value)
    end
  end
  return { values = values, wrong = wrong }
end
