return function(pid)
  process.monitor(pid)
  process.link(pid)
end
