---@meta

---Processes, which share nothing and send each other messages. They are entries that are called: `process.lua`, `process.wasm` or any
---function. They end with the script that has started them.
---@class process
---@field event {CANCEL: string, EXIT: string, LINK_DOWN: string} the kinds of events
---@field registry ProcessRegistry
local process = {}

---What comes into the channel of events.
---@class ProcessEvent
---@field kind string one of `process.event`
---@field from string the pid of who has ended, or asks to end
---@field result? {value: any, error: Error?} of an end
---@field reason? string of a request to end

---A message.
---@class Message
local Message = {}

---Gives the topic that it was sent with.
---@return string topic
function Message:topic() end

---Gives the pid of the sender.
---@return string pid
function Message:from() end

---Gives the value as a Payload: `msg:payload():data()` is the value.
---@return Payload
function Message:payload() end

---Names of processes, which stand for their pids everywhere.
---@class ProcessRegistry
---@field LOCAL integer the scope of names that this host knows, the only one there is
---@field EVENTUAL integer
---@field CONSISTENT integer
---@field STRONG integer
local ProcessRegistry = {}

---Gives a process a name, the one that runs unless a pid is given. A name that another process has is an error of kind AlreadyExists.
---@param name string 1 to 255 bytes
---@param pid? string
---@param scope? integer
---@return boolean? ok
---@return Error? err
function ProcessRegistry.register(name, pid, scope) end

---Gives the pid of the process that has a name; else nil and an error of kind NotFound.
---@param name string
---@return string? pid
---@return Error? err
function ProcessRegistry.lookup(name) end

---Takes a name from its process; gives whether it was one. Names go with their process by themselves.
---@param name string
---@param scope? integer
---@return boolean? ok
---@return Error? err
function ProcessRegistry.unregister(name, scope) end

---Starts a process of an entry and gives its pid. It begins when the caller waits.
---@param id string of the entry
---@param host? string the id of a process host, which changes nothing but the pid
---@param ... any arguments, copied
---@return string? pid
---@return Error? err
function process.spawn(id, host, ...) end

---Starts a process as `spawn` does; its end comes as an event of kind EXIT.
---@param id string
---@param host? string
---@param ... any
---@return string? pid
---@return Error? err
function process.spawn_monitored(id, host, ...) end

---Starts a process as `spawn` does, linked with the caller: where one fails so does the other, or it has an event of kind LINK_DOWN.
---@param id string
---@param host? string
---@param ... any
---@return string? pid
---@return Error? err
function process.spawn_linked(id, host, ...) end

---Starts a process as `spawn` does, linked and monitored.
---@param id string
---@param host? string
---@param ... any
---@return string? pid
---@return Error? err
function process.spawn_linked_monitored(id, host, ...) end

---Starts a process, waits for its end, and gives its value, or nil and its error. It ends when the caller is canceled.
---@param id string
---@param host? string
---@param ... any
---@return any value
---@return Error? err
function process.exec(id, host, ...) end

---Gives the pid of the process that runs. Scripts have one too.
---@return string pid
function process.pid() end

---Gives what names the coroutine that runs: the pid and a number.
---@return string id
function process.id() end

---Sends values, each as a message of its own. It never waits: a full inbox (10,000 messages) is an error of kind Unavailable, a pid or
---name that no process has one of kind NotFound, and what can't be passed on one of kind Invalid.
---@param destination string a pid or a name
---@param topic string 1 to 255 bytes; those that begin with `@` are the host's
---@param ... any
---@return boolean? ok
---@return Error? err
function process.send(destination, topic, ...) end

---Gives the channel of messages, a Message each, whose topics nobody listens to.
---@return Channel
function process.inbox() end

---Gives the channel of events, a ProcessEvent each.
---@return Channel
function process.events() end

---Gives a channel of what is sent with a topic: the values, or with `{message = true}` a Message each.
---@param topic string
---@param options? {message: boolean?}
---@return Channel?
---@return Error? err
function process.listen(topic, options) end

---Ends what `listen` began: the channel is closed, and the topic goes to the inbox. Gives whether the channel was one.
---@param channel Channel
---@return boolean
function process.unlisten(channel) end

---Ends a process where it waits.
---@param destination string
---@return boolean? ok
---@return Error? err
function process.terminate(destination) end

---Asks a process to end, by an event of kind CANCEL. Where it has not ended after the deadline it is terminated.
---@param destination string
---@param reason? string
---@param deadline? string|number|Duration
---@return boolean? ok
---@return Error? err
function process.cancel(destination, reason, deadline) end

---Has the end of a process come as an event of kind EXIT.
---@param destination string
---@return boolean? ok
---@return Error? err
function process.monitor(destination) end

---Ends what `monitor` began.
---@param destination string
---@return boolean? ok
---@return Error? err
function process.unmonitor(destination) end

---Links the caller with a process: where one fails so does the other.
---@param destination string
---@return boolean? ok
---@return Error? err
function process.link(destination) end

---Ends what `link` began.
---@param destination string
---@return boolean? ok
---@return Error? err
function process.unlink(destination) end

---Gives the options of the process that runs.
---@return {trap_links: boolean}
function process.get_options() end

---Sets options of the process that runs: with `trap_links` the failure of a linked process is an event of kind LINK_DOWN.
---@param options {trap_links: boolean?}
---@return boolean? ok
---@return Error? err
function process.set_options(options) end

return process
