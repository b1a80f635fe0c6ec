---@meta
-- Made from host/files/waiting.py by `python tests/border.py`: annotations, which nothing loads.

---Says by a number of the system why it has failed.
---@class border.DeviceFailure
---@field errno integer

---How many bytes were written.
---@class border.BytesWritten
---@field count integer

---Says that it is done.
---@class border.JobDone
