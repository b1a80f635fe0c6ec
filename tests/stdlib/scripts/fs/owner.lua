local all = {}
return function(count)
  for i = 1, count do
    local file, problem = require('fs').get('t:data'):open('f')
    if problem then return nil, problem end
    all[#all + 1] = file
  end
  return #all
end
