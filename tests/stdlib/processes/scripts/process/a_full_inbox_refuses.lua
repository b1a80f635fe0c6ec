local sent, problem = 0, nil
for _ = 1, 20000 do
  local ok, err = process.send(process.pid(), 'x', 1)
  if not ok then
    problem = err
    break
  end
  sent = sent + 1
end
print(sent, problem:kind(), problem:retryable())
process.inbox():receive()
print(process.send(process.pid(), 'x', 1))
process.inbox():close()
print(process.send(process.pid(), 'x', 1))
