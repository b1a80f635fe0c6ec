return function()
  local parts, problem = http.request():multipart()
  if not parts then return nil, problem end
  return { parts = parts }
end
