---@meta

---Tables and colors for people who read at a terminal.
---@class term
local term = {}

---Gives rows as a text in columns, numbers at the right of theirs. A row is a list of cells, or a record, whose fields are the columns.
---Options: `columns`, the fields that are shown, in order; `header`, what stands above; `width`, how wide it may get (the
---terminal's width).
---@param rows table[]
---@param options? {columns: string[]?, header: string[]?, width: integer?}
---@return string text
function term.table(rows, options) end

---Says whether standard output is a terminal.
---@return boolean
function term.is_terminal() end

---Says whether colors are shown: on a terminal whose user has not set NO_COLOR.
---@return boolean
function term.has_colors() end

---Gives how many columns the terminal has, 80 where there is none.
---@return integer columns
function term.width() end

---Gives a text that is shown bold where there are colors, else as it is.
---@param text any
---@return string text
function term.bold(text) end

---Gives a text that is shown dim where there are colors, else as it is.
---@param text any
---@return string text
function term.dim(text) end

---Gives a text that is shown underlined where there are colors, else as it is.
---@param text any
---@return string text
function term.underline(text) end

---Gives a text that is shown red where there are colors, else as it is.
---@param text any
---@return string text
function term.red(text) end

---Gives a text that is shown green where there are colors, else as it is.
---@param text any
---@return string text
function term.green(text) end

---Gives a text that is shown yellow where there are colors, else as it is.
---@param text any
---@return string text
function term.yellow(text) end

---Gives a text that is shown blue where there are colors, else as it is.
---@param text any
---@return string text
function term.blue(text) end

---Gives a text that is shown magenta where there are colors, else as it is.
---@param text any
---@return string text
function term.magenta(text) end

---Gives a text that is shown cyan where there are colors, else as it is.
---@param text any
---@return string text
function term.cyan(text) end

---Gives a text that is shown gray where there are colors, else as it is.
---@param text any
---@return string text
function term.gray(text) end

return term
