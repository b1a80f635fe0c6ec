---@meta

---Error values: made, wrapped and asked about. The fields are the kinds.
---@class errors
---@field NOT_FOUND string
---@field ALREADY_EXISTS string
---@field INVALID string
---@field PERMISSION_DENIED string
---@field UNAVAILABLE string
---@field INTERNAL string
---@field CANCELED string
---@field CONFLICT string
---@field TIMEOUT string
---@field RATE_LIMITED string
---@field UNKNOWN string
local errors = {}

---Makes an error of a text, or of a table of `message`, `kind`, `retryable` and `details`.
---@param given string|{message: string, kind?: string, retryable?: boolean, details?: any}
---@return Error
function errors.new(given) end

---Makes an error whose message begins with `context` and whose cause is `err`. Of nil: nil.
---@param err any
---@param context string
---@return Error?
function errors.wrap(err, context) end

---Says whether a value is an error of this kind.
---@param err any
---@param kind string
---@return boolean
function errors.is(err, kind) end

---Gives where an error came from: the entry or "main", and the frames, innermost first; those of a guest have
---`guest = true`.
---@param err Error
---@return {thread: string, frames: {source: string, line: integer?, name: string?, guest: boolean?}[]}
function errors.call_stack(err) end

---An error value.
---@class Error
local Error = {}

---Gives the kind, one of the constants of `errors`.
---@return string
function Error:kind() end

---Gives the message.
---@return string
function Error:message() end

---Says whether trying again may help; nil when nobody said.
---@return boolean?
function Error:retryable() end

---Gives what the failing side added, or nil.
---@return any
function Error:details() end

---Gives the error that this one wraps, or nil.
---@return Error?
function Error:cause() end

---Gives nil and the error, as a payload gives its value.
---@return nil value
---@return Error err
function Error:data() end

---Gives where the error came from as text, a line for each frame.
---@return string
function Error:stack() end

return errors
