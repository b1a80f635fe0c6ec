---@meta
-- Made from lua/border/answers.py by `python tests/border.py`: annotations, which nothing loads.

---Says why there is no answer; a kind is one of lua/values/errors.lua. `retryable` is there where it is known.
---@class border.Failure
---@field failed true
---@field kind string
---@field message string
---@field retryable? boolean

---Says that it is done, where nothing else is to be said.
---@class border.Nothing

---Wasmtime's library: the file, sizes and offsets of its structs by name and field, and how many memory mappings a process may have.
---@class border.Library
---@field path string
---@field layouts table<string, table<string, integer>>
---@field mappings integer

---Addresses at the ports from `low` to `high`: all (`any`), those whose first `bits` are as in `ip`, or those of a name.
---@class border.NetworkRule
---@field low integer
---@field high integer
---@field any? boolean
---@field ip? string
---@field bits? integer
---@field names? string[]

---Where a guest may connect or send to, and where others may reach it.
---@class border.NetworkRules
---@field connect border.NetworkRule[]
---@field listen border.NetworkRule[]

---What a guest sees of arguments, environment, the folder that it is in, and the network.
---@class border.SeenWorld
---@field args string[]
---@field env string[][]
---@field cwd? string
---@field network border.NetworkRules

---An open folder of an instance, which owns the descriptor.
---@class border.MountedFolder
---@field descriptor integer
---@field guest string
---@field read_only boolean

---Where the numbers of open files lie, which of them is the lane's, and how many may be open in all and for one entry.
---@class border.FileCounts
---@field address integer
---@field cell integer
---@field most integer
---@field most_own integer

---What an instance gets of its entry's mounts (lua/wasi/files/open.lua).
---@class border.Folders
---@field mounts border.MountedFolder[]
---@field counts border.FileCounts

---Another lane: the addresses of the mailboxes to it and from it, how many there may be, and, for guests that are to go on there, of
---what answers for them when an epoch passes.
---@class border.Hired
---@field orders integer
---@field answers integer
---@field most integer
---@field epochs? integer

---How many instances there are, were made, and were made in place of one that had failed.
---@class border.InstanceCounts
---@field live integer
---@field made integer
---@field replaced integer

---How many calls wait for a place, and did at most.
---@class border.QueueCounts
---@field waiting integer
---@field most integer

---Milliseconds: of all calls, on average, and at most.
---@class border.Times
---@field total number
---@field mean number
---@field max number

---What calls spent running and waiting for a place.
---@class border.SpentTimes
---@field execution border.Times
---@field queueing border.Times

---What a worker of a cluster has made of a function for this process; how many calls of all functions are waiting for it.
---@class border.WorkerCounts
---@field address string
---@field calls integer
---@field errors integer
---@field waiting integer
---@field milliseconds number

---What all lanes have counted of a function; of one that is called on a cluster, what its workers have too.
---@class border.FunctionStatistics
---@field calls integer
---@field errors integer
---@field timeouts integer
---@field instances border.InstanceCounts
---@field queue border.QueueCounts
---@field times border.SpentTimes
---@field workers? border.WorkerCounts[]

---The response to a script's request; `stream` is the number of a body that is read piece by piece.
---@class border.Fetched
---@field status integer
---@field headers string[][]
---@field url string
---@field body string
---@field stream? integer

---The head of a response to a guest's request.
---@class border.FetchedHead
---@field status integer
---@field headers string[][]

---A piece of a body, or None at its end.
---@class border.FetchedPiece
---@field body? string

---The error of a guest's request: the number of an error-code of wasi:http, and why.
---@class border.ExchangeFailure
---@field failed true
---@field code integer
---@field message string
