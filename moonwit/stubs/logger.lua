---@meta

---Lines on standard error, with time, level, message and fields. The module is itself a logger.
---@class logger
local logger = {}

---Writes a message of the level debug.
---@param message string
---@param fields? table<string, any>
function logger:debug(message, fields) end

---Writes a message of the level info.
---@param message string
---@param fields? table<string, any>
function logger:info(message, fields) end

---Writes a message of the level warn.
---@param message string
---@param fields? table<string, any>
function logger:warn(message, fields) end

---Writes a message of the level error.
---@param message string
---@param fields? table<string, any>
function logger:error(message, fields) end

---Gives a logger that adds these fields to each message.
---@param fields table<string, any>
---@return logger
function logger:with(fields) end

---Gives a logger that puts a name before each message.
---@param name string
---@return logger
function logger:named(name) end

return logger
