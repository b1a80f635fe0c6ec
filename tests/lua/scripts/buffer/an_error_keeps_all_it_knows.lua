local cause = errors.make { message = 'inner', lua_stack = {} }
local err = errors.make {
  kind = 'Timeout',
  message = 'late\255',
  retryable = true,
  details = { after = 5 },
  entry = 'app:slow',
  func = 'run',
  wasm_backtrace = '0: x',
  lua_stack = { { file = 'a.lua', line = 3 } },
  cause = cause,
}
return assert(M.encode({ err }))
