---@meta

---Keys and values that functions share: entries of kind `store.memory` and `store.sqlite`.
---@class store
---@field backend table MEMORY, SQLITE, SQL, KV_RAFT, KV_CRDT, UNKNOWN: what `info().backend` may be
---@field consistency table LINEARIZABLE, EVENTUAL, LOCAL, UNKNOWN: what `info().consistency` may be
local store = {}

---Gives the store of an entry.
---@param id string `"namespace:name"`
---@return Store? store
---@return Error? err
function store.get(id) end

---A store. Each of its operations is done as a whole, whoever else uses it.
---@class Store
local Store = {}

---Gives the value of a key; the error is of kind NotFound where there is none, or its time is over.
---@param key string up to 1024 bytes
---@return any value
---@return Error? err
function Store:get(key) end

---Gives a key with its value and its version.
---@param key string
---@return {key: string, value: any, version: string}? entry
---@return Error? err
function Store:entry(key) end

---Sets the value of a key.
---@param key string
---@param value any tables, strings, numbers, booleans, errors; up to 1 MiB
---@param ttl? number|string|Duration how long it is there: seconds, or text such as "5m"; 0 is forever
---@return true? done
---@return Error? err
function Store:set(key, value, ttl) end

---Sets the value of a key if a condition holds, and gives its new entry: AlreadyExists where `only_if_absent` fails, Conflict where
---`if_version` does.
---@param key string
---@param value any
---@param options? {ttl?: number|string|Duration, only_if_absent?: boolean, if_version?: string}
---@return {key: string, value: any, version: string}? entry
---@return Error? err
function Store:put(key, value, options) end

---Says whether a key is there.
---@param key string
---@return boolean? found
---@return Error? err
function Store:has(key) end

---Removes a key, and says whether it was there.
---@param key string
---@return boolean? deleted
---@return Error? err
function Store:delete(key) end

---Gives a page of entries in the order of their keys: 100 unless told, 1000 at most.
---@param options? {prefix?: string, after?: string, limit?: integer} `after` is the `cursor` of the page before
---@return {items: {key: string, value: any, version: string}[], cursor: string?, has_more: boolean}? page
---@return Error? err
function Store:list(options) end

---Says what the store is and what it can do.
---@return {id: string, backend: string, consistency: string, durable: boolean, [string]: boolean}? info
---@return Error? err
function Store:info() end

---Gives the store back: nothing else can be done with it then.
---@return boolean first whether it was not given back before
function Store:release() end

return store
