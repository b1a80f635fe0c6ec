-- What luacheck looks for in the Lua files: luacheck lua stdlib moonwit/stubs examples
std = "luajit"
max_line_length = 140
cache = false

-- A parameter may be there only for its place, as one that a caller of many functions passes to all of them.
unused_args = false

-- Annotations declare functions that are defined elsewhere, and Lua's own.
files["moonwit/stubs"] = { ignore = { "241", "431" } }
files["moonwit/stubs/lua.lua"] = { ignore = { "121", "131" }, globals = { "help" } }

-- What a script may use without `require`: lua/scripts/sandbox.lua and stdlib/modules.lua.
files["examples"] = {
  read_globals = {
    "args", "base64", "channel", "ctx", "env", "errors", "fs", "funcs", "group", "hash", "http", "http_client", "json", "logger",
    "progress", "sync", "term", "time", "uuid", "wit",
    coroutine = { fields = { "cancel", "join", "spawn" }, other_fields = true },
  },
}
