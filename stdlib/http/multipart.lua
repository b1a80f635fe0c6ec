-- multipart/form-data: RFC 7578, as browsers send it. The whole body is there, so the parts are cut out of it.
local find, sub, lower = string.find, string.sub, string.lower

local M = {}

-- How many parts a body may have, and how long the head of one may be.
local MOST, LONGEST = 1000, 16 * 1024

-- The value of a parameter such as name="x" in a header, or nil.
local function parameter(header, name)
  local quoted = header:match('[;%s]' .. name .. '="(.-)"')
  return quoted or header:match('[;%s]' .. name .. '=([^;%s"]+)')
end

local function headers_of(text)
  local headers = {}
  for name, value in text:gmatch '([^\r\n:]+):[ \t]*([^\r\n]*)' do headers[lower(name)] = value end
  return headers
end

--- Returns the parts of a body, each `{name, filename, content_type, data}`, or nil and a sentence.
function M.parts(body, content_type)
  local boundary = lower(content_type or ''):find '^multipart/form%-data' and parameter(content_type, 'boundary')
  if not boundary then return nil, 'the request is no multipart/form-data with a boundary' end
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
      name = name, filename = parameter(disposition, 'filename'), content_type = headers['content-type'], data = sub(body, head_end + 1, stop - 1),
    }
    at = next_at
  end
  return nil, 'the body ends before its last boundary'
end

return M
