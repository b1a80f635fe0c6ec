---@meta
-- Made from host/http/serving/written.py by `python tests/border.py`: annotations, which nothing loads.

---The status, 200 where it is left out, and the headers, each a name and a value.
---@class border.ResponseHead
---@field status? integer
---@field headers? string[][]

---A whole response: with the `body` that was written, or the `value` that the handler returned.
---@class border.WrittenResponse
---@field status? integer
---@field headers? string[][]
---@field body? string
---@field value? any
