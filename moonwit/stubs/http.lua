---@meta

---The request that a handler answers, and its response.
---@class http
local http = {}

---Gives the request, or nil and an error where none is answered.
---@return Request? request
---@return Error? err
function http.request() end

---Gives the response, or nil and an error where no request is answered.
---@return Response? response
---@return Error? err
function http.response() end

---An HTTP request.
---@class Request
local Request = {}

---Gives the method: "GET".
---@return string
function Request:method() end

---Gives the path, without its query and its escapes.
---@return string
function Request:path() end

---Gives the first value of a name in the query; without a name a table of the first value of each.
---@param name? string
---@return string|table|nil value
function Request:query(name) end

---Gives every value of a name in the query.
---@param name string
---@return string[]
function Request:queries(name) end

---Gives the value of a header, whatever the case of its name.
---@param name string
---@return string?
function Request:header(name) end

---Gives the headers, names in lower case; a name in another case is found too.
---@return table<string, string>
function Request:headers() end

---Gives the body.
---@return string
function Request:body() end

---Gives what the body's JSON stands for.
---@return any value
---@return Error? err
function Request:body_json() end

---Gives the value of a variable of the route's path.
---@param name string
---@return string?
function Request:param(name) end

---Gives the variables of the route's path.
---@return table<string, string>
function Request:params() end

---Gives the address of the client, or of the proxy before the server.
---@return string
function Request:remote_addr() end

---Gives the Host header.
---@return string?
function Request:host() end

---Gives the request's id, which stands in the log and in the response.
---@return string
function Request:id() end

---Gives the type of the body without its parameters.
---@return string?
function Request:content_type() end

---Gives the fields of a form, the first value of each name.
---@return table<string, string>? fields
---@return Error? err
function Request:form() end

---Gives the parts of a multipart/form-data body.
---@return {name: string, filename: string?, content_type: string?, data: string}[]? parts
---@return Error? err
function Request:multipart() end

---An HTTP response.
---@class Response
local Response = {}

---Sets the status, 200 to 599.
---@param status integer
function Response:set_status(status) end

---Sets a header; one of that name is replaced.
---@param name string
---@param value string
function Response:set_header(name, value) end

---Adds a header beside those of the same name.
---@param name string
---@param value string
function Response:add_header(name, value) end

---Sets the type of the body.
---@param value string
function Response:set_content_type(value) end

---Adds to the body.
---@param data string
function Response:write(data) end

---Adds a value to the body as JSON, and sets the type unless it is set.
---@param value any
---@return true? done
---@return Error? err
function Response:write_json(value) end

---Sends what has been written so far, and waits until the client has taken it.
---@return true? done
---@return Error? err
function Response:flush() end

---Sends a server-sent event at once.
---@param event {name?: string, data: any, id?: string, retry?: integer}
---@return true? done
---@return Error? err
function Response:write_event(event) end

return http
