-- Where scripts of a session print to: a sink for lua/scripts/output.lua that hands text over in pieces.
local clock = require 'lua.dispatcher.clock'

local select, concat, tostring = select, table.concat, tostring

-- Output is handed over after so many bytes, or nanoseconds.
local MOST_BUFFERED, MOST_WAIT = 8192, 30e6

local M = {}

--- Makes a sink; `emit(text)` takes what is printed, and waits while nobody takes it from there.
---@param emit fun(text: string)
---@return {flush: function, keep: function, write: function}
function M.new(emit)
  local pieces, n, size, since = {}, 0, 0, 0
  local sink = {}

  function sink.flush()
    if n > 0 then
      local text = concat(pieces, '', 1, n)
      pieces, n, size = {}, 0, 0
      emit(text)
    end
    return true
  end

  -- What a guest prints stands behind what scripts have printed before.
  function sink.keep(text)
    if n == 0 then since = clock.monotonic() end
    n, size = n + 1, size + #text
    pieces[n] = text
    return true
  end

  function sink.write(_, ...)
    if n == 0 then since = clock.monotonic() end
    for i = 1, select('#', ...) do
      local piece = tostring((select(i, ...)))
      n, size = n + 1, size + #piece
      pieces[n] = piece
    end
    if size >= MOST_BUFFERED or clock.monotonic() - since > MOST_WAIT then sink.flush() end
    return true
  end

  return sink
end

return M
