-- Sources (lua/wasi/p2/poll.lua) that are ready when something says so.

--- A source that is ready when `ready()` says so; notify() is to be called whenever that may have changed.
return function(ready)
  local watchers = {}
  local self = { ready = ready }
  function self.watch(task, generation, wake)
    local watcher = function() wake(task, generation) end
    if ready() then
      watcher()
    else
      watchers[watcher] = true
    end
    return function() watchers[watcher] = nil end
  end
  function self.notify()
    if not next(watchers) or not ready() then return end
    local list = watchers
    watchers = {}
    for watcher in pairs(list) do
      watcher()
    end
  end
  return self
end
