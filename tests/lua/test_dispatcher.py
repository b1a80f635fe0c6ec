"""The dispatcher: tasks, waiting inside coroutines, canceling. All on a test clock."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from moonwit.lua.lane.lane import new_state
from moonwit.lua.values import buffer
from tests.texts import texts

lua, _ = texts(__file__)

Run = Callable[[str], str]


def test_a_spawned_coroutine_runs_beside_its_caller(run: Run) -> None:
    """It begins when the caller first waits, gets its arguments, nil among them, and both go on in turns."""
    assert (
        run("""
      coroutine.spawn(function(...) print("a", select("#", ...), ...) time.sleep(0) print("b") end, 1, nil, nil)
      print("main") time.sleep(0) print("main again") time.sleep(0)""")
        == "main\na\t3\t1\tnil\tnil\nmain again\nb\n"
    )


def test_sleepers_wake_in_the_order_of_their_deadlines(run: Run) -> None:
    """Whatever the order they went to sleep in; those with one deadline wake in the order they were set."""
    assert (
        run("""
      for _, ms in ipairs{30, 10, 20, 10.5, 10} do coroutine.spawn(function() time.sleep(ms * time.MILLISECOND) print(ms) end) end
      time.sleep("1s")""")
        == "10\n10\n10.5\n20\n30\n"
    )


def test_a_turn_runs_what_was_runnable_at_its_start(run: Run) -> None:
    """Coroutines that spawn or wake each other without end starve nobody."""
    assert run(lua("a_turn_runs_what_was_runnable_at_its_start")) == "true\n"


def test_a_generator_may_wait(run: Run) -> None:
    """A coroutine.wrap that sleeps and receives between its yields gives the same values, through several levels."""
    assert run(lua("a_generator_may_wait")) == "1\tnil\t2\n2\tnil\t4\n3\tnil\t6\ntrue\t1\n4\tdead\n1\n"


def test_waits_cross_pcall_metamethods_iterators_and_callbacks(run: Run) -> None:
    """Everything that a script may run code in, it may wait in."""
    assert (
        run(lua("waits_cross_pcall_metamethods_iterators_and_callbacks"))
        == "true\t1\nfalse\thandled x\nkey\tsum\ttext\ttrue\t5\nAB\n123\n2\n"
    )


def test_waiting_where_c_code_is_in_between(run: Run) -> None:
    """An error handler can't wait, directly or through a coroutine, and says so; nothing else is disturbed."""
    no = "waiting is not possible here"
    assert run(lua("waiting_where_c_code_is_in_between")) == f"{no}\t{no}\t{no}\n{no}\t{no}\n{no}\n2\ttrue\non\n"


def test_an_error_in_an_error_handler_ends_the_handling(run: Run) -> None:
    """A handler of xpcall that fails is not called again for its own error; what it said is told."""
    source = lua("an_error_in_an_error_handler_ends_the_handling")
    said = run(source).splitlines()
    assert said[:2] == ["false\terror in error handling: worse", "1"]
    assert said[2].endswith("waiting is not possible here")


def test_waiting_outside_of_all_scripts(state: tuple[Any, Any]) -> None:
    """Code that nobody runs as a task is told that it can't wait, and on which line."""
    answer = state[0].execute(lua("waiting_outside_of_all_scripts").encode())
    sentence = b"waiting is possible only in a script or a function, not here"
    assert answer[0] == answer[1] == b"s.lua:2: " + sentence
    assert answer[2].endswith(sentence)


def test_a_waiting_coroutine_cannot_be_resumed_by_others(run: Run) -> None:
    """It counts as active; resuming it fails, and what it waits for still arrives."""
    assert run(lua("a_waiting_coroutine_cannot_be_resumed_by_others")) == (
        "normal\tfalse\tcannot resume a coroutine that waits: it goes on by itself when what it waits for has come\n"
        "normal\tfalse\tcannot resume a spawned coroutine: it runs by itself\n"
        "true\tgot\t7\ttrue\ndead\tdead\tfalse\tcannot resume dead coroutine\n"
    )


def test_running_and_yieldable(run: Run) -> None:
    """A script's main function is in no coroutine, as in plain Lua; a spawned one is in its own, which nobody may yield from."""
    assert run(lua("running_and_yieldable")) == (
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
    assert run(lua("every_wait_can_be_canceled", WAIT=wait)) == "true\tfalse\nfalse\tcanceled\tCanceled\ttrue\ndead\tfalse\ntrue\n"


def test_canceling_what_has_an_answer_loses_nothing(run: Run) -> None:
    """A value handed over to a receiver that is canceled before it runs is still received."""
    assert run(lua("canceling_what_has_an_answer_loses_nothing")) == "5\ttrue\nfalse\tcanceled\n"


def test_canceling_what_has_not_begun(run: Run) -> None:
    """It never runs; canceling ends no script, and only spawned coroutines can be canceled."""
    assert run(lua("canceling_what_has_not_begun")).startswith("true\n")


def test_one_may_cancel_itself(run: Run) -> None:
    """Then its next wait raises."""
    assert (
        run("""
      local co co = coroutine.spawn(function() coroutine.cancel(co) print("still") time.sleep(0) print("no") end)
      time.sleep(0) time.sleep(0)""")
        == "still\n"
    )


def test_stale_wakes_do_nothing(state: tuple[Any, Any]) -> None:
    """A ticket is good for one wake of one wait: late, second and foreign wakes return false."""
    assert state[0].execute(lua("stale_wakes_do_nothing").encode()) == b"true false true false false false true false"


def test_what_is_expected_from_outside_is_no_deadlock(state: tuple[Any, Any]) -> None:
    """While an operation outside is counted the lane idles, and time stands still on a test clock; sources are asked every turn."""
    assert state[0].execute(lua("what_is_expected_from_outside_is_no_deadlock").encode()) == b"answer3"


def test_what_is_passed_on_before_idling_may_wake_a_task(state: tuple[Any, Any]) -> None:
    """It is called before each wait for the outside, in order; when it has woken somebody the lane does not wait."""
    assert (
        state[0].execute(lua("what_is_passed_on_before_idling_may_wake_a_task").encode())
        == b"first second idle first second idle first second"
    )


def test_what_a_script_leaves_behind_ends_with_it(state: tuple[Any, Any], run: Run) -> None:
    """Its timers do not go off in the next script of the lane, and do not keep it from ending."""
    assert run("time.after('1h') time.ticker('1s') time.timer('5h')") == ""
    assert state[0].execute(b"return require('lua.dispatcher.timers').next() == nil") is True
    assert run("print(pcall(function() channel.new():receive() end))").startswith("false\tcanceled: the script has failed: deadlock")


def test_functions_called_from_outside_run_as_tasks(state: tuple[Any, Any]) -> None:
    """`run` gives the results of its function, nil among them, and its error as an error value."""
    assert state[0].execute(lua("functions_called_from_outside_run_as_tasks").encode()) is True


def test_a_hundred_thousand_tasks() -> None:
    """All asleep at once, all woken, and then all waiting on a channel: in a process of its own, for the memory that they take."""
    command = [sys.executable, "-m", "moonwit", "run", "-"]
    told = subprocess.run(command, input=lua("a_hundred_thousand_tasks"), capture_output=True, text=True, check=True).stdout
    assert told == "100000\n200000\n"


def test_waits_at_the_bottom_of_many_coroutines(run: Run) -> None:
    """As deep as coroutines may nest, in several tasks at once; deeper is an error, and the depth is counted for each task."""
    assert (
        run(lua("waits_at_the_bottom_of_many_coroutines"))
        == "bottom\n" * 4 + "false\tcoroutines are nested deeper than 200 levels\nbottom\n"
    )


def test_stack_overflow_in_a_task(run: Run) -> None:
    """It is an error of that coroutine like any other."""
    out = run(lua("stack_overflow_in_a_task"))
    assert out.startswith("stack overflow\nfailed: ") and "stack overflow" in out[20:]


def test_a_script_cannot_reach_the_clock_or_the_dispatcher(run: Run) -> None:
    """Neither is a module, and no coroutine of a script ever sees what waits are made of."""
    assert run(lua("a_script_cannot_reach_the_clock_or_the_dispatcher")) == "false\tfalse\tnil\n0\n"


def test_real_time_passes(capfd: pytest.CaptureFixture[str]) -> None:
    """Without a test clock a sleep takes at least as long as it says, by the clock that scripts see."""
    _, boot = new_state({})
    source = b"local t = time.now() time.sleep('20ms') local d = time.now() - t print(d >= time.parse_duration('20ms'))"
    assert boot[b"run"](source, b"@s.lua", buffer.encode([])) is None
    assert capfd.readouterr().out == "true\n"
