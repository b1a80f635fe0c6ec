---@meta
-- Made from lua/border/modules.py by `python tests/border.py`: annotations, which nothing loads.

---The text of a Lua file that is required, and whether it is the first of those that were looked for; empty where none is there.
---@class border.SourceFound
---@field source? string
---@field first? boolean

---A folder that may be used, by its id.
---@class border.FolderFound
---@field id string

---An open file, by its number, and its size in bytes.
---@class border.FileOpened
---@field number integer
---@field size integer

---What is known of a file: its size in bytes, its mode as text, and the second in which it was changed.
---@class border.FileStat
---@field name string
---@field size integer
---@field mode integer
---@field modified number
---@field type string
---@field is_dir boolean

---A name in a folder, and what it is.
---@class border.FileName
---@field name string
---@field type string

---The size of an open file in bytes.
---@class border.FileSize
---@field size integer

---Says that the disk would have to be waited for.
---@class border.WouldWait
---@field wait true

---How many bytes were read into Lua's own memory.
---@class border.BytesRead
---@field count integer

---The value of an environment variable.
---@class border.Variable
---@field value string

---Environment variables by name.
---@class border.Variables
---@field values table<string, string>

---An entry of the registry, encoded.
---@class border.DeclaredEntry
---@field entry string

---Entries of the registry in the order of the project's files, encoded.
---@class border.DeclaredEntries
---@field entries string

---A store that may be used: its kind, and whether its operations wait for a disk.
---@class border.StoreFound
---@field id string
---@field kind string
---@field away boolean

---An entry of a store; the value is encoded. Nothing is there where there is no entry.
---@class border.StoredValue
---@field key? string
---@field value? string
---@field version? string

---Entries of a store by key, and where the next page begins, where there is one.
---@class border.StorePage
---@field items border.StoredValue[]
---@field cursor? string

---Whether a key was there.
---@class border.StoreAnswer
---@field found boolean
