-- What Python and Lua must both know: made by `python tests/border.py` from the modules that have it.
return {
  -- host/values/intermediate.py
  DEPTH = 128,
  -- lua/values/buffer.py
  DEEP = 64,
  -- lua/http/lanes.py
  GUEST = 1,
  HANDLER = 2,
  INCOMING = 3,
  HANDLING = 4,
  VALUE = 0,
  ERROR = 1,
  TEXT = 2,
  RESPONSE = 3,
  HEAD = 4,
  CHUNK = 5,
  END = 6,
  PULL = 7,
  -- lua/pools/statistics.py
  COUNTS = {
    'calls',
    'errors',
    'timeouts',
    'live',
    'made',
    'replaced',
    'waiting',
    'most_waiting',
    'waited',
    'queued',
    'most_queued',
    'timed',
    'executed',
    'most_executed',
  },
}
