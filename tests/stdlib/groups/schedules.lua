-- Runs a random tree of groups and says what was wrong: whether something outlived its group, and whether each error was given once.
local tree = ...
local raised, given, wrong = {}, {}, {}
local alive, last = {}, 0

local function consume(problem)
  for name in tostring(problem):gmatch 'E%d+' do
    given[name] = (given[name] or 0) + 1
  end
end

local function count(path, n)
  for _, id in ipairs(path) do
    alive[id] = alive[id] + n
  end
end

local act

-- A child: counted among the living of all groups that it is in.
local function child(node, path, opened)
  count(path, 1)
  local ok, value, problem = pcall(act, node, path, opened)
  count(path, -1)
  if not ok then error(value, 0) end
  return value, problem
end

local function check(id)
  if alive[id] ~= 0 then wrong[#wrong + 1] = alive[id] .. ' outlived their group' end
end

-- One error stands for all; one that collects gives each besides.
local function consume_all(problem, errs)
  if not errs then return problem and consume(problem) end
  local number = 0
  for _, each in pairs(errs) do
    consume(each)
    number = number + 1
  end
  if number == 0 and problem:kind() ~= errors.TIMEOUT and problem:kind() ~= errors.CANCELED then
    wrong[#wrong + 1] = 'an error of nobody'
  end
end

local function waited(id, ok, value, problem, errs)
  check(id)
  if not ok then error(value, 0) end
  consume_all(problem, errs)
end

local function fail(node, how)
  last = last + 1
  local name = 'E' .. last
  raised[name] = true
  if how == 'return' then return nil, name end
  if how == 'value' then return nil, errors.new(name) end
  error(how == 'thrown value' and errors.new(name) or name, 0)
end

local actions = {}

function actions.sleep(node) time.sleep(node.ms * time.MILLISECOND) end

-- Refuses to be canceled a few times.
function actions.stubborn(node)
  for _ = 1, node.times do
    pcall(time.sleep, node.ms * time.MILLISECOND)
  end
end

function actions.fail(node)
  if node.ms > 0 then time.sleep(node.ms * time.MILLISECOND) end
  return fail(node, node.how)
end

-- Fails in place of its cancellation.
function actions.spoil(node)
  local ok, why = pcall(time.sleep, node.ms * time.MILLISECOND)
  if not ok then return fail(node, 'raise') end
end

function actions.cancel(node, _, opened)
  time.sleep(node.ms * time.MILLISECOND)
  if opened.group then opened.group:cancel() end
  if opened.group then opened.group:cancel() end
end

function actions.cancel_one(node, _, opened)
  time.sleep(node.ms * time.MILLISECOND)
  local future = opened.futures and opened.futures[node.which]
  if future then
    future:cancel()
    future:cancel()
  end
end

local function spawn_all(g, node, path, opened)
  opened.group, opened.futures = g, {}
  for i, each in ipairs(node.children) do
    opened.futures[i] = g:spawn(child, each, path, opened) or nil
  end
end

local function within(path)
  last = last + 1
  local id = last
  local inner = { id }
  for _, outer in ipairs(path) do
    inner[#inner + 1] = outer
  end
  alive[id] = 0
  return id, inner
end

local function options_of(node)
  return { limit = node.limit, on_error = node.on_error, timeout = node.timeout and node.timeout * time.MILLISECOND / 1e9 }
end

function actions.group(node, path)
  local id, inner = within(path)
  local g = group.new(options_of(node))
  spawn_all(g, node, inner, {})
  waited(id, pcall(g.wait, g))
end

function actions.run(node, path)
  local id, inner = within(path)
  waited(
    id,
    pcall(group.run, function(g)
      spawn_all(g, node, inner, {})
      if node.ms > 0 then time.sleep(node.ms * time.MILLISECOND) end
      if node.fails then return fail(node, 'raise') end
    end, options_of(node))
  )
end

-- Ends without having waited: what fails is its own error.
function actions.unwaited(node, path)
  local _, inner = within(path)
  local g = group.new(options_of(node))
  spawn_all(g, node, inner, {})
  if node.ms > 0 then time.sleep(node.ms * time.MILLISECOND) end
end

function actions.map(node, path)
  local id, inner = within(path)
  waited(id, pcall(group.map, node.children, function(each) return child(each, inner, {}) end, options_of(node)))
end

function actions.channel_map(node, path)
  local id, inner = within(path)
  local feed = channel.new(0)
  local feeding = coroutine.spawn(function()
    for _, each in ipairs(node.children) do
      feed:send(each)
    end
    feed:close()
  end)
  local given_options = options_of(node)
  local ok, value, problem, errs = pcall(group.map, feed, function(each) return child(each, inner, {}) end, given_options)
  coroutine.cancel(feeding)
  waited(id, ok, value, problem, errs)
end

-- The losers of a race are nobody's errors.
function actions.race(node, path)
  local id, inner = within(path)
  local contenders = {}
  for i, each in ipairs(node.children) do
    contenders[i] = function()
      count(inner, 1)
      local ok, why = pcall(time.sleep, each.ms and each.ms * time.MILLISECOND or 0)
      count(inner, -1)
      if not ok then error(why, 0) end
      if each.kind == 'fail' then error('lost', 0) end
      return i
    end
  end
  if #contenders == 0 then return end
  local ok, value = pcall(group.race, contenders)
  check(id)
  if not ok then error(value, 0) end
end

function act(node, path, opened) return actions[node.kind](node, path, opened) end

local id, path = within {}
local g = group.new { on_error = tree.on_error }
spawn_all(g, tree, path, {})
local _, problem, errs = g:wait()
check(id)
consume_all(problem, errs)
for name in pairs(raised) do
  if given[name] ~= 1 then wrong[#wrong + 1] = name .. ' was given ' .. (given[name] or 0) .. ' times' end
end
for name in pairs(given) do
  if not raised[name] then wrong[#wrong + 1] = name .. ' was never raised' end
end
table.sort(wrong)
print(#wrong == 0 and 'right' or table.concat(wrong, ', '))
