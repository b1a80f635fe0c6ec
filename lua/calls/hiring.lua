-- Lanes that a lane hires, to give calls to them: as many as there are cores at most, and none before one is needed. Python starts them
-- (lua/calls/workers.py) and is not asked again: orders and answers are letters (lua/lane/mailbox.lua).

local buffer = require 'string.buffer'
local errors = require 'lua.values.errors'
local inbox = require 'lua.lane.inbox'
local mailbox = require 'lua.lane.mailbox'

local M = {}

--- A lane that was hired.
---@class Hand
---@field send fun(kind: integer, number: integer, text: string)
---@field load integer how many of its calls are not answered
---@field answers integer the address of the mailbox that it answers to
---@field epochs integer? what its answerer of epochs looks at

--- Lanes that do the same.
---@class Staff
---@field hands Hand[]
---@field most integer how many there may be, as the host has said last
---@field answered fun(kind: integer, number: integer, text: string)
---@field hire fun(): string asks the host for one

--- Makes a staff of nobody; `hire()` asks the host for a lane, `answered(kind, number, text)` takes answers.
---@param answered fun(kind: integer, number: integer, text: string)
---@param hire fun(): string
---@return Staff
function M.new(answered, hire) return { hands = {}, most = 1, answered = answered, hire = hire } end

---@return Hand?
local function least_loaded(staff)
  local least
  for _, hand in ipairs(staff.hands) do
    if not least or hand.load < least.load then least = hand end
  end
  return least
end

--- Gives the lane with the least to do; or nil and an error of the call of `id`, when none can be started.
---@param staff Staff
---@param id string
---@return Hand?
---@return any err
function M.choose(staff, id)
  local least = least_loaded(staff)
  if least and (least.load == 0 or #staff.hands >= staff.most) then return least end
  ---@type border.Hired|border.Failure
  local made = buffer.decode(staff.hire())
  if made.failed then
    if least then return least end
    local message = ('%s: no lane could be started for its call: %s'):format(id, made.message)
    return nil, errors.make { message = message, kind = errors.kinds.UNAVAILABLE, entry = id, retryable = true }
  end
  staff.most = made.most
  inbox.receive(made.answers, staff.answered)
  local hand = { send = mailbox.sender(made.orders), load = 0, answers = made.answers, epochs = made.epochs }
  staff.hands[#staff.hands + 1] = hand
  return hand
end

--- Takes out a lane that has ended by a mistake in Moonwit; `answers` is the address of the mailbox that it answered to.
---@param staff Staff
---@param answers integer
function M.dismiss(staff, answers)
  for i = #staff.hands, 1, -1 do
    if staff.hands[i].answers == answers then table.remove(staff.hands, i) end
  end
end

--- Makes the error of a call whose lane has ended so.
---@param id string
function M.lost(id)
  return errors.make {
    message = ('%s: the lane that it was called in has ended by a mistake in Moonwit, please report it'):format(id),
    kind = errors.kinds.INTERNAL,
    entry = id,
  }
end

return M
