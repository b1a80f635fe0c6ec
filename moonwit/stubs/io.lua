---@meta

---The standard streams. Reading waits while others run; files are opened by the module `fs`.
---@class io
---@field stdin Stream standard input
---@field stdout Stream standard output
---@field stderr Stream standard error
local io = {}

---Reads from standard input by formats: "l" a line (the default), "L" a line with its end, "a" all the rest, "n" a number, or a number of
---bytes. Gives a value for each, nil at the end; nil and an error when it can't be read.
---@param ... string|integer formats
---@return any value
---@return any ...
function io.read(...) end

---Gives the next line of standard input, nil at its end; or nil and an error.
---@return string? line
---@return Error? err
function io.readline() end

---For `for line in io.lines() do`: the lines of standard input, or what another format gives.
---@param format? string|integer
---@return fun(): any next
function io.lines(format) end

---Writes strings and numbers to standard output; true, or nil and an error.
---@param ... string|number
---@return boolean? written
---@return Error? err
function io.write(...) end

---Writes what is still buffered of standard output; true, or nil and an error.
---@return boolean? written
---@return Error? err
function io.flush() end

---Prints values on standard output, with tabs between them.
---@param ... any
---@return boolean printed
function io.print(...) end

---Prints values on standard error, with tabs between them; true, or nil and an error.
---@param ... any
---@return boolean? printed
---@return Error? err
function io.eprint(...) end

---Gives "file" for a standard stream, nil for any other value.
---@param value any
---@return string? kind
function io.type(value) end

---Opens nothing: gives nil and an error that names the module `fs`.
---@param path string
---@param mode? string
---@return nil
---@return Error err
function io.open(path, mode) end

---A standard stream.
---@class Stream
local Stream = {}

---Reads from standard input, as `io.read`.
---@param ... string|integer formats
---@return any value
---@return any ...
function Stream:read(...) end

---Gives what `read` gives, one after the other, as `io.lines`.
---@param format? string|integer
---@return fun(): any next
function Stream:lines(format) end

---Writes strings and numbers; the stream, or nil and an error.
---@param ... string|number
---@return Stream? stream
---@return Error? err
function Stream:write(...) end

---Writes what is still buffered; true, or nil and an error.
---@return boolean? written
---@return Error? err
function Stream:flush() end

---Does nothing, and gives true: the streams are buffered as they are.
---@param mode? string
---@param size? integer
---@return boolean set
function Stream:setvbuf(mode, size) end

return io
