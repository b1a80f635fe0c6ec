return function(times)
  local s = assert(store.get 't:NAME')
  for _ = 1, times do
    repeat
      local entry, put, err = s:entry 'n'
      if entry then
        put, err = s:put('n', entry.value + 1, { if_version = entry.version })
      else
        put, err = s:put('n', 1, { only_if_absent = true })
      end
      if err and err:kind() ~= 'Conflict' and err:kind() ~= 'AlreadyExists' then error(err) end
    until put
  end
end
