---@meta

---What C has: its fields are those of the C declaration, which no annotation knows.
---@class ffi.cdata*
---@field [any] any
