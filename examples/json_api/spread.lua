-- Counts the primes from `first` to `last` in `parts` calls that run side by side.
return function(first, last, parts)
  local size = math.ceil((last - first + 1) / parts)
  local calls = {}
  for from = first, last, size do
    local to = math.min(from + size - 1, last)
    calls[#calls + 1] = { from = from, to = to, future = funcs.async('primes:count', from, to) }
  end
  local answer = { first = first, last = last, count = 0, parts = {} }
  for i, call in ipairs(calls) do
    local count, err = call.future:await()
    if err then return nil, err end
    answer.parts[i] = { from = call.from, to = call.to, count = count }
    answer.count = answer.count + count
  end
  return answer
end
