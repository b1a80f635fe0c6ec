---@meta

---Regular expressions in linear time, differences of texts, and texts in parts.
---@class text
---@field regexp table regular expressions: `text.regexp.compile`
---@field diff table differences: `text.diff.new`
---@field splitter table chunks: `text.splitter.recursive`
local text = {}

---Gives the parts of a text between separators, at most `most`: the last holds the rest.
---@param value string
---@param separator string
---@param most? integer
---@return string[]
function text.split(value, separator, most) end

---Gives a text without the white space at its ends, or without the bytes of `characters`.
---@param value string
---@param characters? string
---@return string
function text.trim(value, characters) end

---A regular expression of RE2's syntax.
---@class Regexp
local Regexp = {}

---Says whether the pattern is somewhere in a text.
---@param value string
---@return boolean? found
---@return Error? err
function Regexp:match_string(value) end

---Gives the first match, or nil.
---@param value string
---@return string? match
---@return Error? err
function Regexp:find_string(value) end

---Gives all matches.
---@param value string
---@return string[]? matches
---@return Error? err
function Regexp:find_all_string(value) end

---Gives the first match and its groups, or nil.
---@param value string
---@return string[]? groups
---@return Error? err
function Regexp:find_string_submatch(value) end

---Gives all matches with their groups.
---@param value string
---@return string[][]? matches
---@return Error? err
function Regexp:find_all_string_submatch(value) end

---Gives the places of the first and the last byte of the first match, counted from 1, or nil.
---@param value string
---@return integer[]? place
---@return Error? err
function Regexp:find_string_index(value) end

---Gives the places of all matches, or nil.
---@param value string
---@return integer[][]? places
---@return Error? err
function Regexp:find_all_string_index(value) end

---Replaces all matches; `$1` and `${name}` stand for groups, `$$` for a dollar.
---@param value string
---@param replacement string
---@return string? result
---@return Error? err
function Regexp:replace_all_string(value, replacement) end

---Gives the parts of a text between matches, at most `n`; -1, the default, stands for all.
---@param value string
---@param n? integer
---@return string[]? parts
---@return Error? err
function Regexp:split(value, n) end

---Gives how many groups there are.
---@return integer
function Regexp:num_subexp() end

---Gives the groups' names, the whole match first.
---@return string[]
function Regexp:subexp_names() end

---Gives the pattern.
---@return string
function Regexp:string() end

---What compares texts, by diff-match-patch.
---@class Differ
local Differ = {}

---Gives the steps from one text to the other: what is "equal", and what to "delete" and to "insert".
---@param before string
---@param after string
---@return {operation: string, text: string}[]? steps
---@return Error? err
function Differ:compare(before, after) end

---Gives patches that lead from one text to the other.
---@param before string
---@param after string
---@return {text: string}[]? patches
---@return Error? err
function Differ:patch_make(before, after) end

---Gives what patches make of a text, and whether all of them fitted.
---@param patches {text: string}[]
---@param value string
---@return string? result
---@return boolean|Error whole
function Differ:patch_apply(patches, value) end

---Gives how many characters were inserted, deleted and kept.
---@param steps table[]
---@return {insertions: integer, deletions: integer, equals: integer}
function Differ:summarize(steps) end

---Gives a difference in the colors of a terminal.
---@param steps table[]
---@return string
function Differ:pretty_text(steps) end

---Gives a difference as HTML, with `<del>` and `<ins>`.
---@param steps table[]
---@return string
function Differ:pretty_html(steps) end

---Cuts texts into chunks.
---@class Splitter
local Splitter = {}

---Gives the chunks of a text.
---@param value string
---@return string[]? chunks
---@return Error? err
function Splitter:split_text(value) end

---Gives the chunks of all pages, each with its page's metadata.
---@param pages {content: string, metadata?: any}[]
---@return {content: string, metadata?: any}[]? chunks
---@return Error? err
function Splitter:split_batch(pages) end

return text
