return function()
  local request, response = http.request(), http.response()
  response:set_header('X-Request-Id', 'forged')
  return { method = request:method(), size = #request:body(), body = request:body():sub(1, 50), host = request:host() }
end
