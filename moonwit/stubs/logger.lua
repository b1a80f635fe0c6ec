---@meta

---Lines on standard error, with time, level, message and fields. The module is itself a logger.
---@class logger
local logger = {}

---Writes a message of the level debug.
---@param self logger
---@param message string
---@param fields? table<string, any>
function logger.debug(self, message, fields) end

---Writes a message of the level info.
---@param self logger
---@param message string
---@param fields? table<string, any>
function logger.info(self, message, fields) end

---Writes a message of the level warn.
---@param self logger
---@param message string
---@param fields? table<string, any>
function logger.warn(self, message, fields) end

---Writes a message of the level error.
---@param self logger
---@param message string
---@param fields? table<string, any>
function logger.error(self, message, fields) end

---Gives a logger that adds these fields to each message.
---@param self logger
---@param fields table<string, any>
---@return logger
function logger.with(self, fields) end

---Gives a logger that puts a name before each message.
---@param self logger
---@param name string
---@return logger
function logger.named(self, name) end

return logger
