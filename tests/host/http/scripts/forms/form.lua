return function()
  local fields, problem = http.request():form()
  if not fields then return nil, problem end
  return { fields = fields }
end
