"""The dispatcher: tasks, waiting inside coroutines, canceling. All on a test clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from moonwit.lua.lane.lane import new_state
from moonwit.lua.values import buffer

Run = Callable[[str], str]


def test_a_spawned_coroutine_runs_beside_its_caller(run: Run) -> None:
    """It begins when the caller first waits, gets its arguments, nil among them, and both go on in turns."""
    assert run("""
      coroutine.spawn(function(...) print("a", select("#", ...), ...) time.sleep(0) print("b") end, 1, nil, nil)
      print("main") time.sleep(0) print("main again") time.sleep(0)""") == "main\na\t3\t1\tnil\tnil\nmain again\nb\n"


def test_sleepers_wake_in_the_order_of_their_deadlines(run: Run) -> None:
    """Whatever the order they went to sleep in; those with one deadline wake in the order they were set."""
    assert run("""
      for _, ms in ipairs{30, 10, 20, 10.5, 10} do coroutine.spawn(function() time.sleep(ms * time.MILLISECOND) print(ms) end) end
      time.sleep("1s")""") == "10\n10\n10.5\n20\n30\n"


def test_a_turn_runs_what_was_runnable_at_its_start(run: Run) -> None:
    """Coroutines that spawn or wake each other without end starve nobody."""
    assert run("""
      local n = 0
      local function again() n = n + 1 coroutine.spawn(again) end
      coroutine.spawn(again)
      local c = channel.new()
      coroutine.spawn(function() while true do c:send(1) end end)
      coroutine.spawn(function() while true do c:receive() end end)
      for i = 1, 10 do time.sleep(0) end
      print(n > 5 and n < 20)""") == "true\n"


def test_a_generator_may_wait(run: Run) -> None:
    """A coroutine.wrap that sleeps and receives between its yields gives the same values, through several levels."""
    assert run("""
      local c = channel.new()
      coroutine.spawn(function() for i = 1, 3 do time.sleep("1s") c:send(i) end c:close() end)
      local inner = coroutine.wrap(function()
        while true do
          local v, ok = c:receive()
          if not ok then return nil end
          time.sleep(5)
          coroutine.yield(v, nil, v * 2)
        end
      end)
      local outer = coroutine.wrap(function() for a, b, d in inner do coroutine.yield(a, b, d) end end)
      for a, b, d in outer do print(a, b, d) end
      local co = coroutine.create(function(a) local b = coroutine.yield(a) time.sleep(1) return a, b, nil end)
      print(coroutine.resume(co, 1))
      print(select("#", coroutine.resume(co, 2)), coroutine.status(co))
      print(select("#", coroutine.resume(coroutine.create(function() time.sleep(1) end))))
    """) == "1\tnil\t2\n2\tnil\t4\n3\tnil\t6\ntrue\t1\n4\tdead\n1\n"


def test_waits_cross_pcall_metamethods_iterators_and_callbacks(run: Run) -> None:
    """Everything that a script may run code in, it may wait in."""
    assert run("""
      local function nap(v) time.sleep(1) return v end
      print(pcall(nap, 1))
      print(xpcall(function() nap() error("x", 0) end, function(m) return "handled " .. m end))
      local t = setmetatable({}, {__index = function(_, k) return nap(k) end, __add = function() return nap("sum") end,
        __tostring = function() return nap("text") end, __lt = function() return nap(true) end, __call = function(_, v) return nap(v) end})
      print(t.key, t + 1, tostring(t), t < t, t(5))
      print((("ab"):gsub(".", function(c) return nap(c:upper()) end)))
      local list = {3, 1, 2}
      table.sort(list, function(a, b) time.sleep(1) return a < b end)
      print(table.concat(list))
      for v in function(_, v) time.sleep(1) return (v or 0) < 2 and (v or 0) + 1 or nil end do io = v end
      print(io)""") == "true\t1\nfalse\thandled x\nkey\tsum\ttext\ttrue\t5\nAB\n123\n2\n"


def test_waiting_where_c_code_is_in_between(run: Run) -> None:
    """An error handler can't wait, directly or through a coroutine, and says so; nothing else is disturbed."""
    assert run("""
      local c = channel.new()
      local function try(f) return (select(2, xpcall(error, function()
        return select(2, pcall(f)):match("waiting is not possible here") end))) end
      print(try(function() time.sleep(5) end), try(function() c:receive() end), try(function() channel.select{c:case_receive()} end))
      print(try(coroutine.wrap(function() time.sleep(5) end)), try(coroutine.wrap(function() time.sleep(0) end)))
      print(try(coroutine.wrap(coroutine.wrap(function() c:send(1) end))))
      coroutine.spawn(function() c:send(2) end)
      print(c:receive())
      time.sleep(10)
      print("on")""") == "\t".join(["waiting is not possible here"] * 3) + "\n" + "\t".join(["waiting is not possible here"] * 2) + (
        "\nwaiting is not possible here\n2\ttrue\non\n"
    )  # fmt: skip


def test_an_error_in_an_error_handler_ends_the_handling(run: Run) -> None:
    """A handler of xpcall that fails is not called again for its own error; what it said is told."""
    source = """
      local calls = 0
      print(xpcall(error, function() calls = calls + 1 error("worse", 0) end))
      print(calls)
      print((select(2, xpcall(error, function() time.sleep(1) end))):match("^error in error handling: .*waiting is not possible here"))
    """
    said = run(source).splitlines()
    assert said[:2] == ["false\terror in error handling: worse", "1"]
    assert said[2].endswith("waiting is not possible here")


def test_waiting_outside_of_all_scripts(state: tuple[Any, Any]) -> None:
    """Code that nobody runs as a task is told that it can't wait, and on which line."""
    answer = state[0].execute(b"""
      local chunk = require("lua.scripts.scripts").script("local c = channel.new()\\n return select(2, pcall(function() c:receive() end))"
        .. ", select(2, pcall(function() time.sleep(0) end)), select(2, pcall(function() return time.after(9e9):receive() end))", "@s.lua",
        require "stdlib.modules")
      return chunk()""")
    sentence = b"waiting is possible only in a script or a function, not here"
    assert answer[0] == answer[1] == b"s.lua:2: " + sentence
    assert answer[2].endswith(sentence)


def test_a_waiting_coroutine_cannot_be_resumed_by_others(run: Run) -> None:
    """It counts as active; resuming it fails, and what it waits for still arrives."""
    assert run("""
      local c = channel.new()
      local co = coroutine.create(function() return "got", c:receive() end)
      coroutine.spawn(function() print(coroutine.resume(co)) end)
      time.sleep(0)
      print(coroutine.status(co), coroutine.resume(co, "wrong"))
      local spawned = coroutine.spawn(function() time.sleep(0) time.sleep(0) end)
      time.sleep(0)
      print(coroutine.status(spawned), coroutine.resume(spawned))
      c:send(7)
      time.sleep(0) time.sleep(0)
      print(coroutine.status(co), coroutine.status(spawned), coroutine.resume(spawned))
    """) == (
        "normal\tfalse\tcannot resume a coroutine that waits: it goes on by itself when what it waits for has come\n"
        "normal\tfalse\tcannot resume a spawned coroutine: it runs by itself\n"
        "true\tgot\t7\ttrue\ndead\tdead\tfalse\tcannot resume dead coroutine\n"
    )


def test_running_and_yieldable(run: Run) -> None:
    """A script's main function is in no coroutine, as in plain Lua; a spawned one is in its own, which nobody may yield from."""
    assert run("""
      print(coroutine.running(), coroutine.isyieldable(), (pcall(coroutine.yield)))
      print(coroutine.wrap(function() return type(coroutine.running()), coroutine.isyieldable() end)())
      local co co = coroutine.spawn(function()
        print(coroutine.running() == co, coroutine.isyieldable(), coroutine.status(co), select(2, pcall(function() coroutine.yield() end)))
      end)
      time.sleep(0)""") == (
        "nil\tfalse\tfalse\nthread\ttrue\ntrue\tfalse\trunning\ts.lua:5: coroutine.yield outside a coroutine: "
        "nobody has resumed this code; "
        "to let others run call time.sleep(0), to hand a value over send it to a channel\n"
    )


@pytest.mark.parametrize(
    "wait",
    ["time.sleep('1h')", "c:receive()", "c:send(1)", "channel.select{c:case_receive(), c:case_send(1)}", "channel.select{}",
     "time.after('1h'):receive()", "coroutine.wrap(function() c:receive() end)()", "time.sleep(0)"],
)  # fmt: skip
def test_every_wait_can_be_canceled(run: Run, wait: str) -> None:
    """It raises an error of kind Canceled in the waiting code, and again at the next wait; nothing is left behind."""
    wait = wait.replace("time.sleep(0)", "while true do time.sleep(0) end")
    assert run(f"""
      local c = channel.new()
      local co = coroutine.spawn(function()
        local ok, err = pcall(function() {wait} end)
        print(ok, err, err:kind(), select(2, pcall(time.sleep, 1)) == err)
      end)
      time.sleep(0)
      print(coroutine.cancel(co), coroutine.cancel(co))
      time.sleep(0) time.sleep(0)
      print(coroutine.status(co), coroutine.cancel(co))
      print(channel.select{{c:case_receive(), c:case_send(1), default = true}}.default)
    """) == "true\tfalse\nfalse\tcanceled\tCanceled\ttrue\ndead\tfalse\ntrue\n"


def test_canceling_what_has_an_answer_loses_nothing(run: Run) -> None:
    """A value handed over to a receiver that is canceled before it runs is still received."""
    assert run("""
      local c = channel.new()
      local co = coroutine.spawn(function() print(c:receive()) print(pcall(c.receive, c)) end)
      time.sleep(0)
      c:send(5)
      coroutine.cancel(co)
      time.sleep(0)""") == "5\ttrue\nfalse\tcanceled\n"


def test_canceling_what_has_not_begun(run: Run) -> None:
    """It never runs; canceling ends no script, and only spawned coroutines can be canceled."""
    assert run("""
      local co = coroutine.spawn(print, "no")
      print(coroutine.cancel(co))
      time.sleep(0)
      print(coroutine.status(co) == "dead" or coroutine.resume(co))
      print(pcall(coroutine.cancel, coroutine.create(print)))
      print(pcall(coroutine.cancel, 5))""").startswith("true\n")


def test_one_may_cancel_itself(run: Run) -> None:
    """Then its next wait raises."""
    assert run("""
      local co co = coroutine.spawn(function() coroutine.cancel(co) print("still") time.sleep(0) print("no") end)
      time.sleep(0) time.sleep(0)""") == "still\n"


def test_stale_wakes_do_nothing(state: tuple[Any, Any]) -> None:
    """A ticket is good for one wake of one wait: late, second and foreign wakes return false."""
    assert state[0].execute(b"""
      local D = require "lua.dispatcher.dispatcher"
      local log = {}
      local ok, problem = D.run(function()
        local task, one = D.ticket()
        log[1] = D.wake(task, one, "a", nil, "c")
        log[2] = D.wake(task, one, "b")
        local a, b, c = D.wait "test"
        log[3] = a == "a" and b == nil and c == "c"
        local _, two = D.ticket()
        log[4] = D.wake(task, one)
        D.timer(5, D.wake, task, two)
        D.wait "test"
        log[5] = D.wake(task, two)
        local _, three = D.ticket()
        D.timer(10, function() log[6] = D.wake(task, two) log[7] = D.wake(task, three) log[8] = D.wake(task, three) end)
        D.wait "test"
        D.ticket()
        local _, four = D.ticket()
        D.wake(task, four)
        return task, four
      end)
      assert(ok, tostring(problem))
      for i = 1, 8 do log[i] = tostring(log[i]) end
      return table.concat(log, " ")""") == b"true false true false false false true false"


def test_what_is_expected_from_outside_is_no_deadlock(state: tuple[Any, Any]) -> None:
    """While an operation outside is counted the lane idles, and time stands still on a test clock; sources are asked every turn."""
    assert state[0].execute(b"""
      local D = require "lua.dispatcher.dispatcher"
      local idled, wake = 0, nil
      D.idle_by(function(ns) idled = idled + 1 assert(ns == nil) if idled == 3 then wake = true end end)
      local task, generation
      D.on_turn(function() if wake then wake = false return D.wake(task, generation, "answer") end end)
      local ok, value = D.run(function()
        D.timer(1e9, error, "time has moved")
        task, generation = D.ticket()
        D.expect(1)
        local value = D.wait "outside"
        D.expect(-1)
        return value
      end)
      return ok and value .. idled""") == b"answer3"


def test_what_is_passed_on_before_idling_may_wake_a_task(state: tuple[Any, Any]) -> None:
    """It is called before each wait for the outside, in order; when it has woken somebody the lane does not wait."""
    assert state[0].execute(b"""
      local D = require "lua.dispatcher.dispatcher"
      local log, task, generation = {}, nil, nil
      D.on_idle(function() log[#log + 1] = "first" end)
      D.on_idle(function() log[#log + 1] = "second" if log[6] then D.wake(task, generation) end end)
      D.idle_by(function() log[#log + 1] = "idle" end)
      assert(D.run(function()
        task, generation = D.ticket()
        D.expect(1)
        D.wait "outside"
        D.expect(-1)
      end))
      return table.concat(log, " ")""") == b"first second idle first second idle first second"


def test_what_a_script_leaves_behind_ends_with_it(state: tuple[Any, Any], run: Run) -> None:
    """Its timers do not go off in the next script of the lane, and do not keep it from ending."""
    assert run("time.after('1h') time.ticker('1s') time.timer('5h')") == ""
    assert state[0].execute(b"return require('lua.dispatcher.timers').next() == nil") is True
    assert run("print(pcall(function() channel.new():receive() end))").startswith("false\tcanceled: the script has failed: deadlock")


def test_functions_called_from_outside_run_as_tasks(state: tuple[Any, Any]) -> None:
    """`run` gives the results of its function, nil among them, and its error as an error value."""
    assert state[0].execute(b"""
      local D = require "lua.dispatcher.dispatcher"
      local function all(...) return select("#", ...), ... end
      local n, ok, a, b = all(D.run(function(...) D.sleep(5) return nil, (...) end, 7, nil))
      assert(n == 3 and ok and a == nil and b == 7)
      local ok, problem = D.run(error, {1})
      assert(not ok and type(problem) == "userdata" and problem:details()[1] == 1)
      assert(D.current() == nil)
      return select(2, D.run(function() return pcall(D.run, print) end)) == false""") is True


def test_a_hundred_thousand_tasks(run: Run) -> None:
    """All asleep at once, all woken, and then all waiting on channels."""
    assert run("""
      local n, c = 0, channel.new()
      for i = 1, 100000 do coroutine.spawn(function() time.sleep(i % 100 * time.SECOND) n = n + 1 c:receive() n = n + 1 end) end
      time.sleep("100s")
      print(n)
      c:close()
      time.sleep(0)
      print(n)""") == "100000\n200000\n"


def test_waits_at_the_bottom_of_many_coroutines(run: Run) -> None:
    """As deep as coroutines may nest, in several tasks at once; deeper is an error, and the depth is counted for each task."""
    assert run("""
      local function deep(n) if n == 0 then time.sleep(1) return "bottom" end return coroutine.wrap(deep)(n - 1) end
      for i = 1, 3 do coroutine.spawn(function() print(deep(199)) end) end
      time.sleep(0)
      print(deep(199))
      print(pcall(deep, 201))
      print(deep(199))""") == "bottom\n" * 4 + "false\tcoroutines are nested deeper than 200 levels\nbottom\n"


def test_stack_overflow_in_a_task(run: Run) -> None:
    """It is an error of that coroutine like any other."""
    out = run("""
      local function f() return 1 + f() end
      coroutine.spawn(function() print((select(2, pcall(f)):match("stack overflow"))) end)
      time.sleep(0)
      coroutine.spawn(f)
      time.sleep(1)""")
    assert out.startswith("stack overflow\nfailed: ") and "stack overflow" in out[20:]


def test_a_script_cannot_reach_the_clock_or_the_dispatcher(run: Run) -> None:
    """Neither is a module, and no coroutine of a script ever sees what waits are made of."""
    assert run("""
      print((pcall(require, "lua.dispatcher.dispatcher")), (pcall(require, "lua.dispatcher.clock")), rawget(_G, "dispatcher"))
      local seen = 0
      local co = coroutine.create(function() time.sleep(1) coroutine.yield() time.sleep(1) end)
      while coroutine.status(co) ~= "dead" do seen = seen + select("#", coroutine.resume(co)) - 1 end
      print(seen)""") == "false\tfalse\tnil\n0\n"


def test_real_time_passes(capfd: pytest.CaptureFixture[str]) -> None:
    """Without a test clock a sleep takes at least as long as it says, by the clock that scripts see."""
    _, boot = new_state({})
    source = b"local t = time.now() time.sleep('20ms') local d = time.now() - t print(d >= time.parse_duration('20ms'))"
    assert boot[b"run"](source, b"@s.lua", buffer.encode([])) is None
    assert capfd.readouterr().out == "true\n"
