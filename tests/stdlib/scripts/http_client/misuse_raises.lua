for _, f in ipairs {
  function() http.get() end,
  function() http.get(url, 1) end,
  function() http.get(url, { timeuot = 1 }) end,
  function() http.request_batch { { 'GET' } } end,
  function() http.encode_uri() end,
} do
  print((select(2, pcall(f)):gsub('^.-: ', '')))
end
