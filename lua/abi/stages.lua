-- The stages of a call, each written by one function here: function(block, call) adds its text to a block. lua/abi/generate.lua puts
-- them together, for each way of calling.
--
-- What they write uses `target`, what is called; `binding`, its export on one instance; `lent`, whether that is the instance of a handle
-- among the arguments; `io`, the core values; and `fault`, what is wrong with what the guest gave.

local layout = require 'lua.abi.layout'
local lift = require 'lua.abi.lift'

local M = {}

--- What is known of the function that is written.
---@class Call
---@field sig table the laid out signature
---@field options Options
---@field way Way
---@field emitter Emitter
---@field arguments string the parameters' names, separated
---@field passed string the same, after a comma, to be passed after something else; '' where there are none
---@field count integer how many
---@field fits string an expression that is true when the arguments fit
---@field lowering string statements that lower them
---@field handles boolean there are handles among the arguments
---@field memory boolean values are passed in memory
---@field most integer how much Lua memory a result may take, in bytes

local FAILED = 'failure ~= nil or trap[0] ~= nil'

-- Check ---------------------------------------------------------------------------------------------------------------

--- Refuses arguments that do not fit.
---@param block Block
---@param call Call
function M.check(block, call)
  if call.options.resources then block:put 'drain()' end
  if call.handles then block:put 'begin(target)' end
  block:open('if not (select("#", ...) == 0%s) then', call.fits and ' and ' .. call.fits or '')
  block:put('return refuse(target, %d%s, ...)', call.count, call.passed)
  block:close()
end

--- The same where the check is a function of its own, as it is made again after a wait; and nothing is known of further arguments.
---@param block Block
---@param call Call
function M.check_first(block, call)
  if call.options.resources then block:put 'drain()' end
  block:open('if not (fits(%s)) then', call.arguments)
  block:put('return refuse(target, %d%s)', call.count, call.passed)
  block:close()
end

--- That function.
---@param block Block
---@param call Call
function M.write_fits(block, call)
  block:open('local function fits(%s)', call.arguments)
  if call.handles then block:put 'begin(target)' end
  block:put('return %s', call.fits or 'true')
  block:close()
end

-- Take an instance ----------------------------------------------------------------------------------------------------

-- Sets `binding`: to the one that the handles among the arguments belong to, or, where there is none, as `otherwise` says.
local function take(block, call, otherwise, reach)
  if not call.handles then
    block:put 'local binding, err'
    return otherwise(block, call)
  end
  block:put 'local binding, err = owner(target)'
  block:put 'local lent = binding ~= nil'
  block:within('if err then', 'return nil, err')
  block:open 'if not lent then'
  otherwise(block, call)
  if reach then
    block:turn 'else'
    reach(block, call)
  end
  block:close()
end

local function make(block)
  block:put 'binding, err = make(target)'
  block:within('if not binding then', 'return nil, err')
end

-- What has the instances that rest.
local function home(call) return call.options.shared and 'home' or 'target' end

local function idle(block, call)
  block:put('binding = %s.idle', home(call))
  block:open 'if binding == nil then'
  make(block)
  block:turn 'else'
  block:put('%s.idle = binding.next', home(call))
  if call.options.shared then
    block:open 'if binding.export ~= export then'
    block:put 'binding, err = rebind(target, binding)'
    block:within('if not binding then', 'return nil, err')
    block:close()
  end
  block:close()
end

--- Takes one that rests, or a new one.
---@param block Block
---@param call Call
function M.take(block, call) return take(block, call, call.options.fresh and make or idle) end

-- What was checked may have changed while the call waited for its instance.
local function refuse_after_wait(block, call, fits, give_back)
  block:open('if waited and not %s then', fits)
  block:put(give_back)
  block:put('return refuse(target, %d%s)', call.count, call.passed)
  block:close()
end

local function acquire(block, call)
  block:put 'local waited'
  block:put 'binding, err, waited = acquire(target)'
  block:within('if not binding then', 'return nil, err')
  refuse_after_wait(block, call, ('fits(%s)'):format(call.arguments), 'give_back(target, binding)')
end

local function reach(block, call)
  block:put 'local problem, waited = reach(target, binding)'
  block:within('if problem then', 'return nil, problem')
  refuse_after_wait(block, call, ('(fits(%s) and owner(target) == binding)'):format(call.arguments), 'leave(binding.instance)')
end

--- Waits for one, and for its turn on that.
---@param block Block
---@param call Call
function M.wait_for(block, call) return take(block, call, acquire, reach) end

-- Gives back what `take` took.
local function put_back(block, call)
  if call.options.fresh then return block:put 'dispose(binding)' end
  block:put('binding.next = %s.idle', home(call))
  block:put('%s.idle = binding', home(call))
end

--- Lets the guest see the world as it is now; says whose guest runs.
---@param block Block
---@param call Call
function M.enter(block, call)
  block:put 'local problem = enter(target, binding)'
  block:open 'if problem then'
  if call.handles then
    block:open 'if not lent then'
    put_back(block, call)
    block:close()
  else
    put_back(block, call)
  end
  block:put 'return nil, problem'
  block:close()
end

--- Sets the deadline. An instance that several entries share may come with another one's.
---@param block Block
---@param call Call
function M.arm(block, call)
  local options = call.options
  if not (options.limit or options.resources or options.shared or options.state) then return end
  if options.state then block:put('notice.state = %d', options.state) end
  block:put('arm(binding.ctx, %s)', options.limit or 'NO_LIMIT')
end

-- Lower ---------------------------------------------------------------------------------------------------------------

local BROKEN = 'return broken(target, binding, fault)'

--- Where core values and handles of the result go.
---@param block Block
---@param call Call
function M.slots(block, call) block:put(layout.has_handles(call.sig.result) and 'io, holder = binding.io, binding' or 'io = binding.io') end

--- The function that lowers the arguments, where that may fail.
---@param block Block
---@param call Call
function M.write_lower(block, call)
  if not call.memory then return end
  block:open('local function lower(%s)', call.arguments)
  block:put(call.lowering)
  block:put 'return true'
  block:close()
end

--- Lowers the arguments.
---@param block Block
---@param call Call
function M.lower(block, call)
  if call.memory then
    local number = call.options.gated and 'binding.realloc_number' or '0'
    block:put('ctx, mem, realloc, number, fault, failure = binding.ctx, binding.memory, binding.realloc, %s, nil, nil', number)
    block:put 'base = memory_data(ctx, mem)'
    local batched = call.emitter.batched
    if batched then block:put 'holder_of_batches, batch, wanted, taken = binding, binding.batch, 0, 0' end
    block:open('if not lower(%s) then', call.arguments)
    block:within('if fault then', BROKEN)
    block:put 'return fail(target, binding, failure)'
    block:close()
    if batched then block:within('if wanted > 65536 then', 'fewer_notes()') end
  else
    block:put 'fault = nil'
    block:put(call.lowering)
  end
  if call.handles then block:within('if fault then', BROKEN) end
end

-- Call ----------------------------------------------------------------------------------------------------------------

local function fail_if_failed(block) block:within(('if %s then'):format(FAILED), 'return fail(target, binding, failure)') end

--- Calls the guest.
---@param block Block
---@param call Call
function M.call(block, call)
  -- One slot is there for a result in any case.
  block:put('local failure = call(binding.ctx, binding.func, io, %d, trap)', math.max(call.sig.flat_count, 1))
  fail_if_failed(block)
end

--- Hands the binding to what calls the guest by code that is not compiled.
---@param block Block
---@param call Call
function M.hand_over(block, call) block:put(call.handles and 'return binding, nil, lent' or 'return binding') end

--- Goes on when the guest is done: other calls have used the same names meanwhile.
---@param block Block
---@param call Call
function M.again(block, call)
  block:put(layout.has_handles(call.sig.result) and 'io, holder, fault = binding.io, binding, nil' or 'io, fault = binding.io, nil')
  if call.memory then block:put 'ctx, mem, realloc = binding.ctx, binding.memory, binding.realloc' end
end

-- Lift ----------------------------------------------------------------------------------------------------------------

--- Lifts the result into `value`, or `failed` and `problem`.
---@param block Block
---@param call Call
function M.lift(block, call)
  local sig = call.sig
  block:put 'local value, failed, problem'
  if sig.in_memory then
    local size, align = sig.result.size, sig.result.align
    block:put 'local ret = io[0].u32'
    block:put('base, limit = memory_data(ctx, mem), tonumber(memory_size(ctx, mem)) budget = %d', call.most)
    block:within(('if ret + %d > limit then'):format(size), 'return broken(target, binding, "the result is outside the guest\'s memory")')
    block:within(
      ('if ret %% %d ~= 0 then'):format(align),
      ('return broken(target, binding, "the result is at an address that is not a multiple of %d")'):format(align)
    )
  end
  block:put(lift.result(call.emitter, sig, call.options.pair))
  if sig.result then block:within('if fault then', BROKEN) end
end

-- Clean up ------------------------------------------------------------------------------------------------------------

local function clean_up(block, call, statement)
  if not call.options.post then return end
  if call.sig.in_memory then block:put 'io[0].u32 = ret' end
  if call.options.gated then block:put('io[%d].u32 = binding.post_number', call.options.results) end
  block:put(statement)
  fail_if_failed(block)
end

--- Calls the post-return function, after `call`.
---@param block Block
---@param call Call
function M.clean_up(block, call) return clean_up(block, call, 'failure = call(binding.ctx, binding.post, io, 2, trap)') end

--- The same in a function that has not called the guest itself.
---@param block Block
---@param call Call
function M.clean_up_after(block, call) return clean_up(block, call, 'local failure = call(binding.ctx, binding.post, io, 2, trap)') end

--- The same where the store takes only calls on a fiber.
---@param block Block
---@param call Call
function M.clean_up_on_fiber(block, call)
  return clean_up(block, call, call.options.post == 'leaf' and 'local failure = leaf_post(binding)' or 'local failure = run_post(binding)')
end

-- Give back -----------------------------------------------------------------------------------------------------------

--- Says that the guest runs no more.
---@param block Block
function M.leave(block) block:put 'leave(binding.instance)' end

local function give_back(block, call, leave, otherwise)
  if not call.handles then return otherwise(block, call) end
  block:open 'if lent then'
  if leave then block:put(leave) end
  block:put 'release(binding)'
  block:turn 'else'
  otherwise(block, call)
  block:close()
end

--- Gives the instance back.
---@param block Block
---@param call Call
function M.give_back(block, call) return give_back(block, call, nil, put_back) end

--- The same for one that others may wait for.
---@param block Block
---@param call Call
function M.let_go(block, call)
  return give_back(block, call, 'leave(binding.instance)', function() block:put 'give_back(target, binding)' end)
end

--- Gives the result.
---@param block Block
---@param call Call
function M.give_result(block, call)
  local result = call.sig.result
  if result and result.kind == 'result' and call.options.pair then
    block:within('if failed then', 'return nil, guest_error(target, problem)')
  end
  block:put 'return value'
end

--- The function that is called where a guest may wait: it is not compiled, but `before` and `after` are, each by itself.
---@param block Block
---@param call Call
function M.drive(block, call)
  local lent = call.handles and ', lent' or ''
  block:open('return function(%s%s...)', call.arguments, call.count > 0 and ', ' or '')
  block:open 'if not (select("#", ...) == 0) then'
  block:put('return refuse(target, %d%s, ...)', call.count, call.passed)
  block:close()
  block:put('local binding, err%s = before(%s)', lent, call.arguments)
  block:within('if not binding then', 'return nil, err')
  block:put 'local done, failed, failure = run(target, binding)'
  block:within('if not done then', 'return nil, failed')
  block:within('if failed then', 'return fail(target, binding, failure)')
  block:put('return after(binding%s)', lent)
  block:close()
end

return M
