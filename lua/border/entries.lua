---@meta
-- Made from lua/border/entries.py by `python tests/border.py`: annotations, which nothing loads.

---@alias border.Role
---| "lane"|"worker"|"service"

---@alias border.Loaded
---| border.ClusterEntry
---| border.GuestEntry
---| border.LuaEntry
---| border.PythonEntry
---| border.Compiling
---| border.Failure

---Says that an id's code is not there yet: the number of its compilation, and how long a call may take that waits for it.
---@class border.Compiling
---@field compiling integer
---@field limit_ms? integer

---Says that a compilation has not ended in time.
---@class border.Late
---@field late true

---How many calls may be under way at once, none where there is no bound, and how many may wait before their callers do; whether an
---instance is made before the first call, and how many async calls an instance serves at once.
---@class border.PoolBounds
---@field type "inline"|"lazy"|"static"|"adaptive"
---@field bound? integer
---@field room? integer
---@field warm? true
---@field concurrency? integer

---What a call, and its instance, may take: table elements, time in milliseconds and in epochs, bytes of memory, bytes of stack.
---@class border.Limits
---@field limit_elements integer
---@field limit_ms? integer
---@field limit_ticks? integer
---@field limit_bytes? integer
---@field limit_stack? integer

---A function in WebAssembly. It is counted by its `id`, has been `called` by another where it is one `part` of
---what its entry stands for: they share instances. `fresh` says that each call has an instance of its own, `worldly` that the guest
---sees arguments, an environment or folders, `workers` how many of its calls may run in other lanes.
---@class border.GuestEntry
---@field limit_elements integer
---@field limit_ms? integer
---@field limit_ticks? integer
---@field limit_bytes? integer
---@field limit_stack? integer
---@field resolver "wasm"
---@field id string
---@field called string
---@field part? true
---@field plan border.Plan
---@field lift border.Lift
---@field fresh boolean
---@field results "pair"|"table"
---@field worldly? boolean
---@field pool border.PoolBounds
---@field workers? integer

---A function in Lua that is called by its id.
---@class border.LuaEntry
---@field id string
---@field source string
---@field chunkname string
---@field modules string[]
---@field places border.Place[]
---@field method? string
---@field imports? table<string, border.LuaSource>
---@field limit_ms? integer
---@field resolver "lua"
---@field workers? integer
---@field pool? border.PoolBounds

---A function of the Python program, which knows it by its `target`; with a signature where its annotations say one.
---@class border.PythonEntry
---@field resolver "python"
---@field id string
---@field target string
---@field signature? border.Signature

---A function that is called on a cluster, whose entry has the id `cluster`. It is counted by its `id`, and `called` by another
---where it is a part of what its entry stands for.
---@class border.ClusterEntry
---@field resolver "cluster"
---@field id string
---@field called string
---@field cluster string
---@field pool border.PoolBounds
---@field results "pair"|"table"
---@field limit_ms? integer
---@field signature? border.Signature

---A function of a binary: the names that lead to it in a table of them, and the id that it is called by.
---@class border.Exported
---@field names string[]
---@field called string

---The functions that an entry stands for.
---@class border.Exports
---@field functions border.Exported[]

---The error of a guest that called an import which nobody provides.
---@class border.Missing
---@field kind string
---@field message string
