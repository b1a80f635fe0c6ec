---@meta

---The folders of `fs.directory` entries.
---@class fs
local fs = {}

---Gives the folder of an `fs.directory` entry.
---@param id string `"namespace:name"`
---@return Folder? folder
---@return Error? err
function fs.get(id) end

---A folder; paths are below it.
---@class Folder
local Folder = {}

---Opens a file. `mode` is as in io.open: "r", "w", "a", "r+", "w+", "a+", and "wx" for a new file only.
---@param path string
---@param mode? string
---@return File? file
---@return Error? err
function Folder:open(path, mode) end

---Gives what a file holds.
---@param path string
---@return string? data
---@return Error? err
function Folder:readfile(path) end

---Writes a string to a file: "w", the default, replaces what it holds.
---@param path string
---@param data string
---@param mode? string
---@return true? done
---@return Error? err
function Folder:writefile(path, data, mode) end

---Gives name, size, type, is_dir, modified and mode of a file or folder.
---@param path string
---@return {name: string, size: integer, type: string, is_dir: boolean, modified: number, mode: integer}? info
---@return Error? err
function Folder:stat(path) end

---Makes a folder in one that is there.
---@param path string
---@return true? done
---@return Error? err
function Folder:mkdir(path) end

---Removes a file, or a folder that is empty.
---@param path string
---@return true? done
---@return Error? err
function Folder:remove(path) end

---Gives a list of what a folder holds, by name.
---@param path? string
---@return {name: string, type: string}[]? entries
---@return Error? err
function Folder:readdir(path) end

---Says whether a path names something.
---@param path string
---@return boolean? exists
---@return Error? err
function Folder:exists(path) end

---Says whether a path names a folder.
---@param path string
---@return boolean? is_dir
---@return Error? err
function Folder:isdir(path) end

---An open file.
---@class File
local File = {}

---Reads by formats, as Lua's file:read: "l" a line (the default), "L" a line with its end, "a" the rest, or a
---number of bytes.
---@param ... string|integer
---@return string? data
---@return Error? err
function File:read(...) end

---Gives an iterator over what `read(format)` gives, up to the end; it raises when the file can't be read.
---@param format? string|integer
---@return fun(): string?
function File:lines(format) end

---Writes strings and numbers at the position, or at the end in mode "a".
---@param ... string|number
---@return File? file
---@return Error? err
function File:write(...) end

---Sets the position to `offset` bytes from "set", "cur" (the default) or "end", and gives it.
---@param whence? string
---@param offset? integer
---@return integer? position
---@return Error? err
function File:seek(whence, offset) end

---Closes the file.
---@return true? done
---@return Error? err
function File:close() end

return fs
