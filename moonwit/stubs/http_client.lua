---@meta

---Requests to other servers.
---@class http_client
local http_client = {}

---Sends a request and waits for its response. Options: `headers`, `body`, `query`, `form`, `json`, `timeout` (30
---s), `stream`, `redirects` (10), `max_body_bytes` (64 MiB). A status of any kind is not an error.
---@param method string
---@param url string
---@param options? table
---@return {status_code: integer, headers: table, cookies: table, body: string, body_size: integer, url: string}? response
---@return Error? err
function http_client.request(method, url, options) end

---Sends a GET request, as `http_client.request` does.
---@param url string
---@param options? table
---@return {status_code: integer, headers: table, cookies: table, body: string, body_size: integer, url: string}? response
---@return Error? err
function http_client.get(url, options) end

---Sends a POST request, as `http_client.request` does.
---@param url string
---@param options? table
---@return {status_code: integer, headers: table, cookies: table, body: string, body_size: integer, url: string}? response
---@return Error? err
function http_client.post(url, options) end

---Sends a PUT request, as `http_client.request` does.
---@param url string
---@param options? table
---@return {status_code: integer, headers: table, cookies: table, body: string, body_size: integer, url: string}? response
---@return Error? err
function http_client.put(url, options) end

---Sends a PATCH request, as `http_client.request` does.
---@param url string
---@param options? table
---@return {status_code: integer, headers: table, cookies: table, body: string, body_size: integer, url: string}? response
---@return Error? err
function http_client.patch(url, options) end

---Sends a DELETE request, as `http_client.request` does.
---@param url string
---@param options? table
---@return {status_code: integer, headers: table, cookies: table, body: string, body_size: integer, url: string}? response
---@return Error? err
function http_client.delete(url, options) end

---Sends a HEAD request, as `http_client.request` does.
---@param url string
---@param options? table
---@return {status_code: integer, headers: table, cookies: table, body: string, body_size: integer, url: string}? response
---@return Error? err
function http_client.head(url, options) end

---Sends several requests side by side, each `{method, url, options}`, and waits for all.
---@param requests table[]
---@return table responses by the number of the request
---@return table? errors by the number of the request
function http_client.request_batch(requests) end

---Gives text as it may stand in any part of a URL.
---@param text string
---@return string
function http_client.encode_uri(text) end

---Gives text without its escapes.
---@param text string
---@return string
function http_client.decode_uri(text) end

---The body of a response as it arrives.
---@class Stream
local Stream = {}

---Gives the next piece of the body; nil at the end; nil and an error when it breaks off.
---@return string? data
---@return Error? err
function Stream:read() end

---Ends the response; the rest of its body is not wanted.
function Stream:close() end

return http_client
