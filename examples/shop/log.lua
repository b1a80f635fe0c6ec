-- Answers acme:shop/logger.

---@type imports.acme_shop_logger
local logger = {}

function logger.log(level, text) print(level:upper() .. ': ' .. text) end

return logger
