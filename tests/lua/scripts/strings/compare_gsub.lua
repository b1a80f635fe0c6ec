local gsub, ours = string.gsub, require('lua.scripts.strings').gsub
local function run(f, text, pattern, limit)
  local seen = {}
  local function answer(...)
    seen[#seen + 1] = table.concat({ ... }, ',')
    return #seen % 3 == 0 and '<' .. #seen .. '>' or #seen % 3 == 1 and #seen or nil
  end
  local ok, result, count = pcall(f, text, pattern, answer, limit)
  if not ok then return 'error: ' .. result:gsub('^.-:%d+: ', '') end
  return result .. '|' .. count .. '|' .. table.concat(seen, ';')
end
return function(text, pattern, limit)
  local a, b = run(gsub, text, pattern, limit), run(ours, text, pattern, limit)
  return a == b and '' or a .. ' is not ' .. b
end
