for _, name in ipairs { NAMES } do
  local box = assert(funcs.call('r:box', 5))
  for _, spelled in ipairs { name, (name:gsub('-', '_')) } do
    assert(box[spelled](box) == 105, spelled)
  end
  wit.drop(box)
  local ok, problem = pcall(function() return box[name](box) end)
  assert(not ok and tostring(problem):find 'was dropped', tostring(problem))
  assert(not pcall(wit.drop, box))
end
local ok, problem = pcall(wit.drop, 7)
assert(not ok and problem:find 'expected a resource handle, got number', problem)
