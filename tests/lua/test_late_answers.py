"""Answers that come when the time to wait has just passed: after the timer has woken the task, and before the task goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.lua.conftest import Lane
from tests.lua.sleepers import GRANTS, RESOURCE, SLEEPER

Run = Callable[[str], str]

# `late(f, ...)` runs f as a task and lets the test clock pass its deadline of 10 ms, so that in the next turn its timer wakes it; what the
# caller does then comes before the task goes on. `settle()` lets it go on.
LATE = """
  local D, clock = require "lua.dispatcher.dispatcher", require "lua.dispatcher.clock"
  local function settle() for _ = 1, 3 do D.pause() end end
  local function late(f, ...)
    local task = D.spawn(f, ...)
    D.pause()
    clock.jump(clock.monotonic() + 10e6)
    D.pause()
    return task
  end
  local function run(f)
    local ok, problem = D.run(f)
    return ok and problem or error(tostring(problem))
  end
"""


def test_the_answer_to_a_call_elsewhere_is_kept(state: tuple[Any, Any]) -> None:
    """A value and a failure that arrive in the last moment are the answer, nothing is canceled, and what is awaited is counted right."""
    assert state[0].execute(f"""{LATE}
      local away = require "lua.dispatcher.away"
      away.open = true
      local log = {{}}
      local function call()
        local number
        local function begin(n) number = n end
        local function cancel() log[#log + 1] = "canceled" end
        return function() return number end, function()
          local in_time, value, failure = away.call(begin, cancel, "t:f", 10)
          log[#log + 1] = table.concat({{tostring(in_time), tostring(value), tostring(failure)}}, " ")
        end
      end
      return run(function()
        for _, answer in ipairs {{{{"value"}}, {{nil, "failure"}}, {{}}}} do
          local number, f = call()
          late(f)
          if next(answer) then away.answered(number(), answer[1], answer[2]) end
          settle()
          away.answered(number(), "too late")
        end
        return table.concat(log, ", ")
      end)""".encode()) == b"true value nil, true nil failure, canceled, false nil nil"


def test_a_value_is_received_in_the_last_moment(run: Run) -> None:
    """The receiver whose time is up gets what is sent before it goes on; nothing that came before is given again."""
    assert run("""
      local c = channel.new()
      coroutine.spawn(function() c:send("before") time.sleep("10ms") c:send("v") print("sent") end)
      print(c:receive())
      print(c:receive("10ms"))
      time.sleep(1)""") == "before\ttrue\nsent\nv\ttrue\n"


def test_a_value_is_sent_in_the_last_moment(run: Run) -> None:
    """The sender whose time is up is told that its value was taken, and the receiver has it."""
    assert run("""
      local c = channel.new()
      coroutine.spawn(function() time.sleep("10ms") print(c:receive("1ms")) end)
      time.sleep(0)
      print(c:send("v", "10ms"))
      time.sleep("2ms")""") == "v\ttrue\ntrue\n"


def test_a_ticket_is_good_until_its_task_goes_on(state: tuple[Any, Any]) -> None:
    """Of what comes after the deadline the first is the answer while the task has not gone on, and nothing is once it has."""
    assert state[0].execute(f"""{LATE}
      local log = {{}}
      local function note(...) for _, each in ipairs {{...}} do log[#log + 1] = tostring(each) end end
      return run(function()
        local task, ticket
        local function wait(f)
          return function()
            task, ticket = D.ticket()
            local problem, a, b = D.wait_until(clock.monotonic() + 10e6, "test")
            note(problem == D.LATE and "late" or tostring(problem), tostring(a), tostring(b))
            if f then f() end
          end
        end
        late(wait())
        note(D.wake(task, ticket, 1, 2), D.wake(task, ticket, 3))
        settle()
        late(wait())
        settle()
        note(D.wake(task, ticket, 4))
        -- One that is canceled then has heard that it is late, and hears the rest when it waits again.
        late(wait(function() note(D.pause()) end))
        D.cancel(task)
        settle()
        note(require("lua.dispatcher.timers").any())
        return table.concat(log, " ")
      end)""".encode()) == b"true false nil 1 2 late nil nil false late nil nil canceled false"


def test_a_wait_ends_at_its_deadline_and_not_before(state: tuple[Any, Any]) -> None:
    """Also one that is in the past; without a deadline it waits until it is woken; what was answered before does not wait."""
    assert state[0].execute(f"""{LATE}
      local log = {{}}
      return run(function()
        local task, ticket
        for _, ms in ipairs {{5, 0, -5}} do
          local before = clock.monotonic()
          D.ticket()
          local problem = D.wait_until(before + ms * 1e6, "test")
          log[#log + 1] = (problem == D.LATE and "late " or "?") .. (clock.monotonic() - before) / 1e6
        end
        task, ticket = D.ticket()
        D.timer(clock.monotonic() + 1e12, D.wake, task, ticket)
        log[#log + 1] = tostring(select(2, D.wait_until(nil, "test"))) .. clock.monotonic() / 1e6
        task, ticket = D.ticket()
        D.wake(task, ticket, "before")
        log[#log + 1] = select(2, D.wait_until(clock.monotonic() - 1, "test"))
        D.sleep(1e6)
        log[#log + 1] = clock.monotonic() / 1e6
        return table.concat(log, ", ")
      end)""".encode()) == b"late 5, late 0, late 0, nil1000005, before, 1000006"


def test_a_gate_lets_through_in_order_and_keeps_nobody_who_has_gone(state: tuple[Any, Any]) -> None:
    """Who is late or canceled is passed over, and is not in the queue any more, wherever in it that was."""
    assert state[0].execute(f"""{LATE}
      local gates = require "lua.dispatcher.gate"
      local log = {{}}
      return run(function()
        local gate = gates.new()
        local function waiter(name, deadline)
          return D.spawn(function()
            local problem, answer = gates.wait(gate, deadline, "test")
            log[#log + 1] = name .. (problem == D.LATE and " late" or problem and " canceled" or " " .. tostring(answer))
          end)
        end
        local soon = clock.monotonic() + 5e6
        waiter("a", soon) waiter("b") local c = waiter("c") waiter("d") waiter("e", soon) waiter("f", soon + 1e9)
        D.pause()
        log[#log + 1] = gate.count
        D.cancel(c)
        D.sleep(6e6)
        log[#log + 1] = gate.count
        log[#log + 1] = tostring(gates.admit(gate, "one"))
        log[#log + 1] = tostring(gates.admit(gate, "two"))
        gates.admit_all(gate, "all")
        log[#log + 1] = tostring(gates.admit(gate, "none"))
        settle()
        for _ = 1, 100 do waiter("", clock.monotonic()) end
        local said = table.concat(log, ", ")
        settle()
        return said .. ", " .. gate.count .. " " .. tostring(gate.first) .. " " .. tostring(gate.last)
      end)""".encode()) == b"6, c canceled, a late, e late, 3, true, true, false, b one, d two, f all, 0 nil nil"


def test_a_place_that_comes_too_late_is_the_next_ones(lane: Callable[..., Lane]) -> None:
    """A call whose time is up when a place of its pool is free is a Timeout, and the place serves the one behind it."""
    run = lane({"one": f"method: nap, {GRANTS}, pool: {{type: lazy, max_size: 1}}, limits: {{max_execution_ms: 50}}"}, SLEEPER)
    assert run("""
      local function call(name, ms)
        coroutine.spawn(function()
          local value, err = funcs.call("t:one", ms)
          print(name, value or err:kind())
        end)
      end
      -- To compile takes real time, which the limit counts.
      repeat local compiled = funcs.call("t:one", 0) until compiled
      call("inside", 50) call("late", 1)
      time.sleep("10ms")
      call("next", 5)
      time.sleep("100ms")
      local queue = funcs.stats("t:one").queue
      print(queue.waiting, funcs.call("t:one", 1))""") == "inside\tTimeout\nlate\tTimeout\nnext\t5\n0\t1\n"


def test_an_instance_that_is_free_too_late_is_the_next_ones(lane: Callable[..., Lane]) -> None:
    """A call whose time is up when its turn in a shared instance comes is a Timeout, and the turn is the next one's."""
    entries = {"alone": f"method: alone, {GRANTS}", "alone-50": f"method: alone, {GRANTS}, limits: {{max_execution_ms: 50}}"}
    run = lane(entries, RESOURCE)
    assert run("""
      local function call(name, id, ms)
        coroutine.spawn(function()
          local value, err = funcs.call(id, ms)
          print(name, value or err:kind())
        end)
      end
      funcs.call("t:alone", 0)
      repeat local compiled = funcs.call("t:alone-50", 0) until compiled
      call("inside", "t:alone", 50) call("late", "t:alone-50", 1) call("next", "t:alone", 5)
      time.sleep("1s")
      print(funcs.call("t:alone", 1))""") == "inside\t50\nlate\tTimeout\nnext\t5\n1\n"
