-- multipart/form-data: RFC 7578, as browsers send it. The whole body is there, so the parts are cut out of it.
local find, gmatch, gsub, lower, match, sub = string.find, string.gmatch, string.gsub, string.lower, string.match, string.sub

local M = {}

-- How many parts a body may have, and how long the head of one may be.
local MOST, LONGEST = 1000, 16 * 1024

local BROWSERS = { ['%22'] = '"', ['%0D'] = '\r', ['%0A'] = '\n' }

-- What was in quotes: older clients write a quote as \", browsers (the HTML standard) as %22, and a backslash as it is.
local function unquoted(text)
  if find(text, '\\"', 1, true) then return (gsub(text, '\\(["\\])', '%1')) end
  return (gsub(text, '%%[02][ADad2]', BROWSERS))
end

-- The value of a parameter such as name="x" in a header, or nil. Each step goes on where the one before ended: a pattern that
-- looks for it anywhere takes time in the square of the header's length.
local function parameter(header, wanted)
  local at = find(header, ';', 1, true)
  while at do
    local _, stop, name = find(header, '^[;%s]*([^=;%s]+)%s*=%s*', at)
    if stop then
      at = stop + 1
      local from = at
      if sub(header, at, at) == '"' then
        repeat
          -- A quote after a backslash belongs to the value.
          at = find(header, '["\\]', at + 1)
          local escape = at and sub(header, at, at) == '\\'
          if escape then at = at + 1 end
        until not escape
        if not at then return nil end
        if lower(name) == wanted then return unquoted(sub(header, from + 1, at - 1)) end
        at = at + 1
      elseif lower(name) == wanted then
        return match(header, '^[^;%s"]+', from)
      end
    else
      at = at + 1
    end
    at = find(header, ';', at, true)
  end
end

local function headers_of(text)
  local headers = {}
  for line in gmatch(text, '[^\r\n]+') do
    local colon = find(line, ':', 1, true)
    if colon and colon > 1 then headers[lower(sub(line, 1, colon - 1))] = match(line, '^[ \t]*(.*)$', colon + 1) end
  end
  return headers
end

--- Returns the parts of a body, each `{name, filename, content_type, data}`, or nil and a sentence.
---@param body string
---@param content_type string
---@return table[]?
---@return string?
function M.parts(body, content_type)
  local boundary = lower(content_type or ''):find '^multipart/form%-data' and parameter(content_type, 'boundary')
  if not boundary or boundary == '' then return nil, 'the request is not multipart/form-data with a boundary' end
  if #boundary > 70 then return nil, 'the boundary is longer than 70 characters' end
  local line, found = '--' .. boundary, {}
  local _, at = find(body, line, 1, true)
  while at do
    if sub(body, at + 1, at + 2) == '--' then return found end
    if #found == MOST then return nil, 'the body has more than ' .. MOST .. ' parts' end
    local _, begin = find(body, '^[ \t]*\r\n', at + 1)
    -- A part without headers begins with the empty line itself.
    local empty, head_end = find(body, '\r\n\r\n', begin and begin - 1 or at, true)
    if not begin or not empty or empty - begin > LONGEST then return nil, 'the head of part ' .. #found + 1 .. ' is broken' end
    local headers = headers_of(sub(body, begin + 1, empty - 1))
    local disposition = headers['content-disposition'] or ''
    local name = parameter(disposition, 'name')
    if not name then return nil, 'part ' .. #found + 1 .. ' has no name' end
    local stop, next_at = find(body, '\r\n' .. line, head_end - 1, true)
    if not stop then break end
    found[#found + 1] = {
      name = name,
      filename = parameter(disposition, 'filename'),
      content_type = headers['content-type'],
      data = sub(body, head_end + 1, stop - 1),
    }
    at = next_at
  end
  return nil, 'the body ends before its last boundary'
end

return M
