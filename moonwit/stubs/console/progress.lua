---@meta

---How far something is: a bar on standard error of a terminal, elsewhere a line now and then.
---@class progress
local progress = {}

---Makes a bar of `total` steps, of an unknown number without, and shows it.
---@param options? {total: integer?, title: string?}
---@return Bar
function progress.bar(options) end

---A progress bar.
---@class Bar
local Bar = {}

---Notes that `n` steps more are done (1), and with `failed` that they have failed.
---@param n? integer
---@param failed? boolean
function Bar:add(n, failed) end

---Notes that `n` steps are done in all.
---@param n integer
function Bar:set(n) end

---Shows the bar a last time, which stays; nothing is shown after that.
function Bar:finish() end

return progress
