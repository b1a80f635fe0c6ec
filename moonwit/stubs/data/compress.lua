---@meta

---Compressed data. Each format has `encode(data, options)` and `decode(data, options)`.
---@class compress
---@field gzip table RFC 1952: `level` from 1 to 9; `max_size` of what is decoded, 128 MiB unless told
---@field zlib table RFC 1950
---@field deflate table RFC 1951
---@field brotli table RFC 7932: `level` from 0 to 11
---@field zstd table RFC 8878: `level` from 1 to 22, `dict`; `train_dict(samples, options)`, `inspect_dict(dict)`
local compress = {}

return compress
