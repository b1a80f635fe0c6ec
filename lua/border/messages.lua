---@meta
-- Made from lua/border/messages.py by `python tests/border.py`: annotations, which nothing loads.

---@alias border.Message
---| border.Run
---| border.Call
---| border.Program
---| border.Job
---| border.Warm
---| border.Cancel
---| border.Work
---| border.Gone
---| border.Answer
---| border.Batch
---| border.LeaveBatch
---| border.ClusterAnswers
---| border.Close
---| border.Requests
---| border.RequestBody
---| border.RequestCanceled

---A script: its text, what its errors call it, encoded arguments, where its files are, and the variables that it is granted.
---@class border.Script
---@field source string
---@field name string
---@field arguments string
---@field places border.Place[]
---@field granted table<string, string>

---To run a script.
---@class border.Run
---@field source string
---@field name string
---@field arguments string
---@field places border.Place[]
---@field granted table<string, string>
---@field kind "run"
---@field number integer

---To call a function.
---@class border.Call
---@field kind "call"
---@field number integer
---@field id string
---@field arguments string

---To run a program.
---@class border.Program
---@field kind "program"
---@field number integer
---@field entry border.GuestEntry

---To run a function of Python's between two turns.
---@class border.Job
---@field kind "job"
---@field number integer

---To make a function's first instance.
---@class border.Warm
---@field kind "warm"
---@field id string

---To cancel a call, or without a number all that waits.
---@class border.Cancel
---@field kind "cancel"
---@field number? integer

---To make the calls of another lane: the addresses of the mailboxes that they come from and are answered to.
---@class border.Work
---@field kind "work"
---@field orders integer
---@field answers integer

---That the lane which answers to a mailbox has ended by a mistake in Moonwit.
---@class border.Gone
---@field kind "gone"
---@field answers integer

---What a ticket of lua/dispatcher/away.lua waits for.
---@class border.Answer
---@field kind "answer"
---@field ticket integer
---@field value any

---To make calls of a function, which come as frames (lua/calls/cluster.lua), and to answer all at once.
---@class border.Batch
---@field kind "batch"
---@field number integer
---@field batch integer
---@field id string
---@field frames string

---To cancel calls of a batch by their numbers, or all of it.
---@class border.LeaveBatch
---@field kind "leave_batch"
---@field batch integer
---@field ones? integer[]

---What a cluster has answered, as frames.
---@class border.ClusterAnswers
---@field kind "cluster"
---@field frames string

---To end.
---@class border.Close
---@field kind "close"

---To answer HTTP requests: numbers, kinds, ids and payloads, encoded one after the other.
---@class border.Requests
---@field kind "http"
---@field batch string

---A piece of the body of a request, the last one when it is `over`.
---@class border.RequestBody
---@field kind "http_body"
---@field number integer
---@field data string
---@field over boolean

---To cancel what answers a request.
---@class border.RequestCanceled
---@field kind "http_cancel"
---@field number integer

---What was typed: its number, the number of its prompt, the text that is run and what errors call it, and the variables that outlive
---it (lua/repl/locals.lua). `full` shows all of its values, `quiet` leaves `_` as it is, `bench` runs it many times.
---@class border.Input
---@field number integer
---@field place integer
---@field source string
---@field name string
---@field keeper string
---@field names string[]
---@field full boolean
---@field quiet boolean
---@field bench boolean

---Which names below a path begin with a prefix.
---@class border.NamesQuery
---@field path string[]
---@field prefix string

---A request to a guest that answers requests itself, without its body.
---@class border.IncomingRequest
---@field method string
---@field target string
---@field authority string
---@field headers string[][]
