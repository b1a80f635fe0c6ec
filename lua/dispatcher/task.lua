-- What a task is, and the group that it ends with.

local create = coroutine.create

local M = {}

local last_id = 0

--- What hears of the end of the tasks that were spawned in it, in place of their group: their errors are its own.
---@class TaskScope
---@field ended fun(scope: TaskScope, task: Task, ok: boolean, ...: any) the function of a task has returned, or has raised an error value
---@field left fun(scope: TaskScope, task: Task) nothing is left of a task, which may not have begun
---@field finish fun(scope: TaskScope): any its owner has come to its end: waits until all has, and gives an error that nobody was given
---@field abandoned fun(scope: TaskScope) nothing is left of its owner, which has not come to its end
---@field next_owned TaskScope? another of the same owner

--- What hears of the end of a task that may be waited for, in its own place.
---@class Joiners
---@field failed fun(task: Task, problem: any): boolean says whether somebody takes the error
---@field returned fun(task: Task, ...: any)

--- A main task, and what it has spawned. What a message has opened a group for may keep more in it.
---@class TaskGroup
---@field first Task? those that have not ended
---@field last Task?
---@field main Task
---@field problem any? what it has failed with
---@field results table? of its main task, their number in `n`
---@field closing boolean its tasks are canceled
---@field timed boolean timers have been set in it
---@field over boolean all of it has ended
---@field finish fun(group: TaskGroup)? called then
---@field [string] any

--- A coroutine that waits and is woken.
---@class Task
---@field id integer counted from the first that began
---@field co thread
---@field group TaskGroup that it ends with
---@field before Task? the neighbors in its group
---@field after Task?
---@field f function? what it runs, until it has begun
---@field arguments table? for that, their number in `n`
---@field begun boolean
---@field done boolean its function has ended
---@field ended boolean nothing is left of it
---@field problem any? what it was canceled with: each wait raises that
---@field soft boolean it is canceled until it is pardoned
---@field refusals integer how often it has gone on after such a wait
---@field given_up boolean too often: it never goes on
--- How it waits (lua/dispatcher/waiting.lua):
---@field generation integer the number of its last ticket
---@field answered integer|false what has answered its wait
---@field again boolean|string it goes on at once in its turn; 'busy' where it computes
---@field kind string|false what it waits for, in words for reports; false before its first wait
---@field detail any?
---@field a any? the answer
---@field b any?
---@field c any?
---@field timer Timer? for the deadlines of its waits
---@field next Task? behind it in the run queue
---@field node table? for its waits for channels (stdlib/channel)
---@field waiter Waiter? that stands for it before a gate (lua/dispatcher/gate.lua)
---@field awaits Task? the task whose end it waits for (lua/dispatcher/rings.lua)
--- What is told when it ends:
---@field scope TaskScope? that it was spawned in
---@field place integer? its number there
---@field child any? what the scope knows of it
---@field owned TaskScope? the first of those that are its own
---@field joiners Joiners?
---@field gate Gate? of those who wait for its end
--- What it does:
---@field context table? name -> encoded value (lua/calls/context.lua)
---@field limit CallLimit? of a function in Lua (lua/scripts/functions.lua)
---@field nested integer? how many such functions are in each other
---@field called string? the function that it waits for before its call, and since when (nanoseconds)
---@field began number?
---@field stay Stay? its innermost place in a pool
---@field queued number? how long it has waited for places, in nanoseconds
---@field called_by_guests integer? how many guests are in each other that have called what it runs
---@field struck any? the problem of a guest's limit that has passed (lua/imports/run.lua)

--- Makes a task, the last of its group, whose coroutine runs `body` with it.
---@param body fun(task: Task)
---@param group TaskGroup
---@param f function
---@param given table? the arguments, with their number in `n`
---@return Task
function M.new(body, group, f, given)
  local co = create(body)
  last_id = last_id + 1
  ---@type Task
  local task = {
    co = co,
    group = group,
    f = f,
    arguments = given,
    id = last_id,
    generation = 0,
    answered = false,
    again = false,
    soft = false,
    refusals = 0,
    given_up = false,
    begun = false,
    done = false,
    ended = false,
    kind = false,
    detail = nil,
    problem = nil,
    a = nil,
    b = nil,
    c = nil,
    next = nil,
    before = group.last,
    after = nil,
    timer = nil,
    node = nil,
    context = nil,
    limit = nil,
    called = nil,
    began = nil,
    nested = nil,
    stay = nil,
    queued = nil,
    called_by_guests = nil,
    struck = nil,
    waiter = nil,
    awaits = nil,
    scope = nil,
    place = nil,
    child = nil,
    owned = nil,
    joiners = nil,
    gate = nil,
  }
  if group.last then
    group.last.after = task
  else
    group.first = task
  end
  group.last = task
  return task
end

return M
