---@meta

---Go's channels: values handed from one coroutine to another.
---@class channel
local channel = {}

---Makes a channel that holds up to `size` values that nobody has received; 0, the default, hands each over
---directly.
---@param size? integer
---@return Channel
function channel.new(size) end

---Does the first of the cases that can go on. Waits while none can, unless `default` is true.
---@param cases table cases from `case_send` and `case_receive`, and `default = true`
---@return {channel: Channel, value: any, ok: boolean, default: boolean?}
function channel.select(cases) end

---A channel.
---@class Channel
local Channel = {}

---Sends a value and gives true; waits while nobody receives and the buffer is full. Raises when the channel is
---closed. After the timeout it gives false and an error of kind Timeout.
---@param value any
---@param timeout? string|number|Duration
---@return boolean sent
---@return Error? err
function Channel:send(value, timeout) end

---Receives a value and true; waits while there is none. Of a closed channel that is empty: nil and false. After the
---timeout: nil, false and an error of kind Timeout.
---@param timeout? string|number|Duration
---@return any value
---@return boolean ok
---@return Error? err
function Channel:receive(timeout) end

---Closes the channel: nothing can be sent any more, what is buffered can still be received. To close it again does
---nothing.
function Channel:close() end

---Makes a case for `channel.select` that sends.
---@param value any
---@return table
function Channel:case_send(value) end

---Makes a case for `channel.select` that receives.
---@return table
function Channel:case_receive() end

return channel
