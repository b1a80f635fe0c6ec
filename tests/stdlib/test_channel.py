"""The module channel, held against what Go's channels do; on a test clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moonwit.lua.lane.lane import new_state
from moonwit.lua.values import buffer

Run = Callable[[str], str]


def new_lane() -> Any:
    """Makes a Lua state with a test clock; gives the table of lua/boot.lua."""
    _, boot = new_state({})
    boot[b"test_clock"]()
    return boot


def failed(answer: Any) -> str:
    return f"failed: {buffer.decode(answer[0]).message}\n" if answer is not None else ""


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs a script; gives what it printed, and after that `failed: ` and how it ended."""
    boot = new_lane()

    def run(source: str) -> str:
        answer = boot[b"run"](source.encode(), b"@s.lua", buffer.encode([]))
        return capfd.readouterr().out + failed(answer)

    return run


def test_unbuffered_channels_hand_over(run: Run) -> None:
    """A send waits until somebody receives, a receive until somebody sends."""
    assert run("""
      local c, log = channel.new(), {}
      local function say(s) log[#log + 1] = s end
      coroutine.spawn(function() say "sending" c:send(1) say "sent" end)
      time.sleep(1)
      say "receiving" say(c:receive())
      time.sleep(1)
      coroutine.spawn(function() say("got " .. c:receive()) end)
      time.sleep(1)
      c:send(2) say "sent 2" time.sleep(1)
      print(table.concat(log, ","))""") == "sending,receiving,1,sent,sent 2,got 2\n"


def test_buffered_channels_hold_as_many_as_they_say(run: Run) -> None:
    """Sends wait only when the buffer is full, and go on in order when there is room."""
    assert run("""
      local c = channel.new(2)
      local sent = 0
      coroutine.spawn(function() for i = 1, 6 do c:send(i) sent = i end end)
      time.sleep(1)
      print(sent, c)
      for i = 1, 6 do io = c:receive() time.sleep(1) print(io, sent) end""") == (
        "2\tchannel (2 of 2)\n1\t3\n2\t4\n3\t5\n4\t6\n5\t6\n6\t6\n"
    )


def test_nil_and_false_are_values(run: Run) -> None:
    """They go through every kind of channel, and through a select, with ok = true."""
    assert run("""
      local b, u = channel.new(3), channel.new()
      b:send(nil) b:send(false) b:send(nil)
      print(b:receive()) print(b:receive()) print(b:receive())
      coroutine.spawn(function() u:send(nil) u:send(false) channel.select{u:case_send(false)} channel.select{u:case_send(nil)} end)
      print(u:receive()) print(u:receive())
      for i = 1, 2 do local r = channel.select{u:case_receive()} print(r.value, r.ok) end""") == (
        "nil\ttrue\nfalse\ttrue\nnil\ttrue\nnil\ttrue\nfalse\ttrue\nfalse\ttrue\nnil\ttrue\n"
    )


def test_a_closed_channel_drains(run: Run) -> None:
    """What is buffered is received first, then nil, false forever; those who wait to receive get that at once."""
    assert run("""
      local c = channel.new(2)
      c:send(1) c:send(2) c:close()
      print(c:receive()) print(c:receive()) print(c:receive()) print(c:receive())
      local d = channel.new()
      for i = 1, 2 do coroutine.spawn(function() print(i, d:receive()) end) end
      time.sleep(1) d:close() time.sleep(1)
      print(c, d)""") == (
        "1\ttrue\n2\ttrue\nnil\tfalse\nnil\tfalse\n1\tnil\tfalse\n2\tnil\tfalse\n"
        "channel (0 of 2, closed)\tchannel (0 of 0, closed)\n"
    )


def test_sending_on_a_closed_channel_raises(run: Run) -> None:
    """At once, when it waited already, and in a select of either kind; closing twice does nothing. The script's line is blamed."""
    assert run("""local c = channel.new()
      coroutine.spawn(function() print(pcall(function() c:send(1) end)) end)
      coroutine.spawn(function() print(pcall(function() channel.select{c:case_send(1)} end)) end)
      time.sleep(1) c:close() time.sleep(1)
      print(pcall(function() c:send(1) end))
      print(pcall(function() channel.select{c:case_send(1), default = true} end))
      print(pcall(function() c:close() end))""") == (
        "false\ts.lua:2: send on a closed channel\nfalse\ts.lua:3: channel.select: send on a closed channel (case 1)\n"
        "false\ts.lua:5: send on a closed channel\nfalse\ts.lua:6: channel.select: send on a closed channel (case 1)\n"
        "true\n"
    )


def test_waiters_are_served_in_order(run: Run) -> None:
    """The first that waits is the first that gets, on both sides, selects among them."""
    assert run("""
      local c = channel.new()
      for i = 1, 4 do
        coroutine.spawn(function() print(i, i % 2 == 0 and c:receive() or i % 2 == 1 and channel.select{c:case_receive()}.value) end)
      end
      time.sleep(1)
      for v = 11, 14 do c:send(v) end
      time.sleep(1)
      for i = 1, 4 do coroutine.spawn(function() if i == 2 then channel.select{c:case_send(i)} else c:send(i) end end) end
      time.sleep(1)
      print(c:receive(), (c:receive()), (c:receive()), (c:receive()))""") == "1\t11\n2\t12\n3\t13\n4\t14\n1\t2\t3\t4\n"


def test_select_takes_the_first_ready_case(run: Run) -> None:
    """In the order they are given, whatever became ready first; default only when none is."""
    assert run("""
      local a, b = channel.new(1), channel.new(1)
      b:send("b") a:send("a")
      local r = channel.select{b:case_receive(), a:case_receive()} print(r.channel == b, r.value, r.ok, r.default)
      r = channel.select{b:case_receive(), a:case_receive(), default = true} print(r.channel == a, r.value, r.ok, r.default)
      r = channel.select{b:case_receive(), a:case_receive(), default = true} print(r.channel, r.value, r.ok, r.default)
      r = channel.select{default = true} print(r.default, r.ok)
      r = channel.select{a:case_receive(), b:case_send("x")} print(r.channel == b, r.value, r.ok, b:receive())
      a:close()
      r = channel.select{a:case_receive(), default = true} print(r.channel == a, r.value, r.ok, r.default)""") == (
        "true\tb\ttrue\tnil\ntrue\ta\ttrue\tnil\nnil\tnil\ttrue\ttrue\ntrue\ttrue\ntrue\tnil\ttrue\tx\ttrue\ntrue\tnil\tfalse\tnil\n"
    )


def test_select_waits_for_the_first_to_become_ready(run: Run) -> None:
    """Sending, receiving or a close; the other cases are taken back, so that nothing is sent or received twice."""
    assert run("""
      local a, b = channel.new(), channel.new()
      coroutine.spawn(function()
        local r = channel.select{a:case_receive(), b:case_send("from select")} print(r.channel == b, r.value, r.ok) end)
      time.sleep(1)
      print(b:receive())
      time.sleep(1)
      print(channel.select{a:case_send(1), default = true}.default, channel.select{b:case_receive(), default = true}.default)
      coroutine.spawn(function() local r = channel.select{a:case_receive(), b:case_receive()} print(r.channel == b, r.value, r.ok) end)
      time.sleep(1) b:close() time.sleep(1)""") == "from select\ttrue\ntrue\tnil\ttrue\ntrue\ttrue\ntrue\tnil\tfalse\n"


def test_a_select_does_not_meet_itself(run: Run) -> None:
    """Sending and receiving on one unbuffered channel waits for somebody else; two of them meet."""
    assert run("""
      local c = channel.new()
      local function both(name) return function()
        local r = channel.select{c:case_send(name), c:case_receive()} print(name, r.value, r.ok) end end
      coroutine.spawn(both "a")
      time.sleep(1)
      print(channel.select{default = true, c:case_receive()}.value)
      time.sleep(1)
      coroutine.spawn(both "b") coroutine.spawn(both "c")
      time.sleep(1)""") == "a\na\tnil\ttrue\nc\tnil\ttrue\nb\tc\ttrue\n"


def test_one_wake_per_select(run: Run) -> None:
    """A select that two channels could wake in one turn takes one value; the other value stays with its sender."""
    assert run("""
      local a, b = channel.new(), channel.new()
      local got
      coroutine.spawn(function() got = channel.select{a:case_receive(), b:case_receive()}.value end)
      time.sleep(1)
      local sent = {}
      coroutine.spawn(function() a:send("a") sent.a = true end)
      coroutine.spawn(function() b:send("b") sent.b = true end)
      time.sleep(1)
      print(got, sent.a, sent.b, b:receive())""") == "a\ttrue\tnil\tb\ttrue\n"


def test_a_select_in_a_loop_leaves_nothing_behind(run: Run) -> None:
    """A channel that never is ready holds no waiters of selects that are over, and cases may be used again."""
    assert run("""
      local never, c = channel.new(), channel.new()
      coroutine.spawn(function() for i = 1, 20000 do c:send(i) end end)
      local x, y = never:case_receive(), c:case_receive()
      local before
      for i = 1, 20000 do
        channel.select{x, y}
        if i == 10000 then collectgarbage() before = collectgarbage("count") end
      end
      collectgarbage()
      print(collectgarbage("count") - before < 50)
      print(channel.select{never:case_send(1), default = true}.default)""") == "true\ntrue\n"


def test_misuse_is_blamed_on_the_script(run: Run) -> None:
    """Wrong sizes, selves, cases and fields are named."""
    cases = [
        ("channel.new(-1)", "channel.new: expected a whole number from 0 as the size, got -1"),
        ("channel.new(1.5)", "channel.new: expected a whole number from 0 as the size, got 1.5"),
        ("channel.new('2')", "channel.new: expected a whole number from 0 as the size, got a string"),
        ("channel.new():sned(1)", "a channel has no method 'sned', did you mean 'send'?"),
        ("local c = channel.new() c.send(1)", "channel:send is called on a number, write ch:send(...)"),
        ("local c = channel.new() c.receive()", "channel:receive is called on nothing, write ch:receive(...)"),
        ("local c = channel.new() c.close(errors.new 'x')", "channel:close is called on another userdata, write ch:close(...)"),
        ("channel.new().x = 1", "a channel can't be changed, only be sent to, received from and closed"),
        ("channel.select()", "channel.select: expected a table of cases, got nil"),
        ("channel.select(channel.new():case_receive())",
         "channel.select: expected a table of cases, got a case: write channel.select{...}"),
        ("channel.select{channel.new()}", "channel.select: case 1 is a channel: write ch:case_receive() or ch:case_send(value)"),
        ("channel.select{channel.new():case_receive(), 5}", "channel.select: case 2 is a number, not a case"),
        ("channel.select{defualt = true}", "channel.select: unknown field 'defualt', did you mean 'default'?"),
        ("channel.select{default = 1}", "channel.select: expected true or false as default, got a number"),
    ]
    for source, message in cases:
        assert run(source) == f"failed: s.lua:1: {message}\n", source


def test_channels_are_opaque(run: Run) -> None:
    """A script can't look into one, change its metatable, or put another in its place."""
    assert run("""
      local c = channel.new(1)
      print(type(c), getmetatable(c), pcall(setmetatable, c, {}) == false, pcall(next, c) == false, channel.new == require("channel").new)
      print((pcall(function() channel.new = 1 end)))""") == "userdata\tchannel\ttrue\ttrue\ttrue\nfalse\n"


def test_channels_that_hold_themselves_are_collected(run: Run) -> None:
    """A channel buffered in itself, or two in each other, are garbage when nobody else has them."""
    assert run("""
      collectgarbage() collectgarbage()
      local before = collectgarbage("count")
      for i = 1, 2000 do
        local a, b = channel.new(2), channel.new(2)
        a:send(a) a:send(b) b:send(a) b:send(("x"):rep(1000) .. i)
      end
      collectgarbage() collectgarbage()
      print(collectgarbage("count") - before < 500)""") == "true\n"


def test_a_pipeline_and_a_pool(run: Run) -> None:
    """Workers that share an input and an output channel do each job once, and what closes, closes through."""
    assert run("""
      local jobs, results = channel.new(3), channel.new()
      local left = 4
      for w = 1, 4 do
        coroutine.spawn(function()
          while true do
            local v, ok = jobs:receive()
            if not ok then break end
            time.sleep(v % 7 * time.MILLISECOND)
            results:send(v * v)
          end
          left = left - 1
          if left == 0 then results:close() end
        end)
      end
      coroutine.spawn(function() for i = 1, 100 do jobs:send(i) end jobs:close() end)
      local sum, n = 0, 0
      while true do
        local v, ok = results:receive()
        if not ok then break end
        sum, n = sum + v, n + 1
      end
      print(n, sum)""") == f"100\t{sum(i * i for i in range(101))}\n"


# What every task does, in order: channel, and what with it. All tasks run at once.
operation = st.tuples(st.integers(0, 2), st.sampled_from(["send", "receive", "select", "pause", "try"]))
tasks = st.lists(st.lists(operation, max_size=8), min_size=1, max_size=6)

MODEL = """
local sizes, plan = ...
local chans, ids = {}, {}
for i, size in ipairs{%s} do chans[i] = channel.new(size) ids[chans[i]] = i end
local sent, got, serial, doubled = {0, 0, 0}, {0, 0, 0}, 0, false
local seen, last = {}, {}
local function take(i, v, ok)
  if not ok then return end
  got[i] = got[i] + 1
  if seen[v] then doubled = true end
  seen[v] = true
end
local function next_value() serial = serial + 1 return serial end
local step = {}
function step.send(c, i) c:send(next_value()) sent[i] = sent[i] + 1 end
function step.receive(c, i) take(i, c:receive()) end
function step.select(c, i)
  local cases = {}
  for k = 1, 3 do cases[2 * k - 1], cases[2 * k] = chans[k]:case_receive(), chans[k]:case_send(next_value()) end
  local r = channel.select(cases)
  local k = ids[r.channel]
  if r.value ~= nil then take(k, r.value, r.ok) else sent[k] = sent[k] + 1 end
end
function step.pause() time.sleep(0) end
function step.try(c, i)
  local r = channel.select{c:case_receive(), default = true}
  if not r.default then take(i, r.value, r.ok) end
end
for _, operations in ipairs{%s} do
  coroutine.spawn(function() for _, o in ipairs(operations) do step[o[2]](chans[o[1] + 1], o[1] + 1) end end)
end
time.sleep("1s")
-- Whoever still waits to send is let go on, until there is nothing left anywhere.
local progress
repeat
  progress = false
  for i = 1, 3 do
    local r = channel.select{chans[i]:case_receive(), default = true}
    if not r.default then
      take(i, r.value, r.ok)
      progress = true
      time.sleep("1s")
    end
  end
until not progress
for i = 1, 3 do assert(sent[i] == got[i], sent[i] .. " sent, " .. got[i] .. " received") end
assert(not doubled, "received twice")
"""


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 2), min_size=3, max_size=3), tasks)
def test_nothing_is_lost_or_doubled(sizes: list[int], plan: list[list[tuple[int, str]]]) -> None:
    """Whatever tasks do with three channels, in the end each value that was sent has been received exactly once."""
    lines = ",".join("{" + ",".join(f'{{{c}, "{what}"}}' for c, what in operations) + "}" for operations in plan)
    source = MODEL % (",".join(map(str, sizes)), lines)
    assert failed(LANE[b"run"](source.encode(), b"@s.lua", buffer.encode([]))) == ""


LANE = new_lane()


def test_a_timeout_ends_a_wait(run: Run) -> None:
    """After it receive gives nil, false and an error, send false and an error; what came in time, or was there, is not late."""
    assert run("""
      local c, started = channel.new(), time.now()
      local function passed() return tostring(time.now() - started) end
      local v, ok, err = c:receive("10ms") print(v, ok, err:kind(), err, err:retryable(), passed())
      ok, err = c:send(1, "10ms") print(ok, err:kind(), err, passed())
      print(select("#", c:receive(0)), (c:receive(-5)), (c:send(1, 0)), passed())
      coroutine.spawn(function() time.sleep("5ms") c:send("in time", "1h") end)
      print(c:receive("10ms")) print(passed())
      coroutine.spawn(function() time.sleep("5ms") print(c:receive(7 * time.MILLISECOND)) end)
      print(c:send(2, "10ms"))
      local b = channel.new(1)
      print(b:send(3, 0)) print(b:receive(0)) b:close() print(b:receive("1h"))
      coroutine.spawn(function() print(c:receive("1ms")) end) time.sleep("2ms")
      -- Nobody is left in the queue who has gone.
      print(passed(), c:send(4, "1ms"))""") == (
        "nil\tfalse\tTimeout\tnothing came within the time to wait\ttrue\t10ms\n"
        "false\tTimeout\tnobody received within the time to wait\t20ms\n"
        "3\tnil\tfalse\t20ms\nin time\ttrue\n25ms\n2\ttrue\ntrue\ntrue\n3\ttrue\nnil\tfalse\n"
        "nil\tfalse\tnothing came within the time to wait\n32ms\tfalse\tnobody received within the time to wait\n"
    )


def test_a_timeout_that_is_none_raises(run: Run) -> None:
    """It is not a duration, so whoever wrote it meant something else."""
    assert run("print(pcall(function() channel.new():receive('soon') end)) print(pcall(function() channel.new(1):send(1, {}) end))") == (
        "false\ts.lua:1: channel:receive: the timeout: 'soon' is not a duration: expected a number, got 'soon'\n"
        "false\ts.lua:1: channel:send: the timeout: expected a duration (text such as \"1h30m\", a Duration, or a number of "
        "nanoseconds), got a table\n"
    )
