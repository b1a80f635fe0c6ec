local dispatcher = require "lua.dispatcher"
return { sleep = function(ns) local p = dispatcher.sleep(ns, "time.sleep") if p then error(p, 2) end end }
