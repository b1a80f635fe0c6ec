---@meta
-- Made from host/wasi/look_ups.py by `python tests/border.py`: annotations, which nothing loads.

---An address of 4 or 16 bytes, and how far it reaches: see `reach`.
---@class border.FoundAddress
---@field ip string
---@field reach "own"|"near"|"public"

---The addresses of a name.
---@class border.NameFound
---@field addresses border.FoundAddress[]

---Says by a case of wasi:sockets' error-code why there are none.
---@class border.NameFailure
---@field failed true
---@field code integer
