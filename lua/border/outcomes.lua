---@meta
-- Made from lua/border/outcomes.py by `python tests/border.py`: annotations, which nothing loads.

---What became of an input: its first values, each by its items (lua/repl/describe.lua), and how many there were; the items of the
---error that it failed with; or that it was stopped. `notes` are hints about it, `ended` the places of earlier inputs that were
---ended meanwhile, `seconds` is how long it took.
---@class border.InputOutcome
---@field values? string[][]
---@field count? integer
---@field failed? string[]
---@field interrupted? boolean
---@field notes? string[]
---@field ended? integer[]
---@field seconds? number

---A call that was made: the items of its arguments and results, and how many seconds it took.
---@class border.TracedCall
---@field id string
---@field arguments string[][]
---@field results string[][]
---@field seconds number

---The names below a path with the kinds of their values, and the kind of the path's own value.
---@class border.NamesFound
---@field names table<string, string>
---@field kind string

---What a path of names leads to, nothing where it leads nowhere: its kind, and of a function its parameters and its place.
---@class border.NameMeaning
---@field kind? string
---@field parameters? string
---@field place? string
