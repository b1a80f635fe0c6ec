"""How scripts end in the dispatcher: by themselves, by an error in one of their coroutines, or because all of them wait forever."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.texts import texts

lua, _ = texts(__file__)

Run = Callable[[str], str]


def test_the_end_of_main_cancels_the_rest(run: Run) -> None:
    """Each is canceled at its wait; its cleanup runs, and can't wait or spawn again."""
    assert run(lua("the_end_of_main_cancels_the_rest")) == (
        "done\t00:00:01\nCanceled\tcanceled: the script has ended\nfalse\tfalse\tcanceled: the script has ended\n1\ttrue\n"
    )


def test_a_coroutine_that_swallows_cancellation_is_given_up(run: Run) -> None:
    """Even one that waits again forever, in whatever way, holds up the end of the script for a moment only."""
    assert run(lua("a_coroutine_that_swallows_cancellation_is_given_up")) == "end\n"


def test_a_coroutine_that_is_given_up_never_goes_on(run: Run) -> None:
    """One that swallows each cancellation and only lets others go first, which needs nobody to wake it, is not there in the next script."""
    assert run("coroutine.spawn(function() while true do pcall(time.sleep, 0) end end) time.sleep(0) print('end')") == "end\n"
    assert run("for _ = 1, 3 do time.sleep(1) end print('next')") == "next\n"


def test_an_uncaught_error_in_a_spawned_coroutine_fails_the_script(failure: Any) -> None:
    """The script fails with that very error: kind, details and the place where it was raised; main is canceled."""
    error, stack = failure("""local function inner() error("boom") end
      coroutine.spawn(function() time.sleep(5) inner() end)
      time.sleep("1h")""")
    assert (error.message, error.kind) == ("s.lua:1: boom", "Internal")
    assert "\ts.lua:1: in inner\n\ts.lua:2: in function <line 2>" in stack
    error, stack = failure("""
      coroutine.spawn(function() error(errors.new{message = "mine", kind = errors.CONFLICT, details = {n = 5}, retryable = true}) end)
      channel.new():receive()""")
    assert (error.message, error.kind, error.details, error.retryable) == ("mine", "Conflict", {b"n": 5}, True)
    assert "s.lua:2" in stack


def test_the_first_failure_counts(run: Run) -> None:
    """Main learns why it is canceled, and what fails afterwards changes nothing."""
    assert run(lua("the_first_failure_counts")) == "canceled: the script has failed: first\tCanceled\nfailed: first\n"


def test_an_error_in_cleanup_is_not_lost(run: Run) -> None:
    """Main has ended well, but what it left behind fails while it is canceled: so does the script."""
    assert run("""coroutine.spawn(function() pcall(time.sleep, 100) error("in cleanup", 0) end) time.sleep(0)""") == "failed: in cleanup\n"


def test_errors_through_coroutines_keep_what_they_are(run: Run) -> None:
    """An error value thrown beneath a wrap that waits arrives as the same value."""
    assert run(lua("errors_through_coroutines_keep_what_they_are")).startswith(
        "true\tTimeout\t7\nfalse\ts.lua:9: text\nfalse\ttable: "
    )


def test_a_deadlock_says_where_everybody_waits(failure: Any) -> None:
    """The error lists what each coroutine waits for, and the line of the script, inside its own coroutines too."""
    error, stack = failure(lua("a_deadlock_says_where_everybody_waits"))
    assert error.kind == "Internal"
    assert error.message == (
        "deadlock: every coroutine waits and nothing can wake one: "
        "the main coroutine waits for channel select (without cases) at s.lua:10; "
        "coroutine 2 waits for channel send at s.lua:2"
    )
    assert [(d[b"waits"], d[b"file"], d[b"line"]) for d in error.details] == [
        (b"channel select (without cases)", b"s.lua", 10), (b"channel send", b"s.lua", 2)]  # fmt: skip
    assert "s.lua:10: in main chunk" in stack
    error, _ = failure(lua("a_deadlock_says_where_everybody_waits_2"))
    assert error.message.endswith("main coroutine waits for channel receive at s.lua:8; coroutine 2 waits for channel select at s.lua:4")


def test_a_deadlock_of_many(failure: Any) -> None:
    """A thousand are counted, not all named; the details list a hundred."""
    error, _ = failure("local c = channel.new() for i = 1, 1000 do coroutine.spawn(c.receive, c) end c:receive()")
    assert error.message.endswith("; and 991 more")
    assert len(error.details) == 100


def test_cleanup_runs_after_a_deadlock(run: Run) -> None:
    """Everybody is canceled, main too, and the script fails even if main goes on."""
    assert run("""
      local c = channel.new()
      coroutine.spawn(function() pcall(c.receive, c) print("cleaned") end)
      print(pcall(c.receive, c) == false)""").startswith("true\ncleaned\nfailed: deadlock: ")


def test_no_deadlock_while_a_timer_runs(run: Run) -> None:
    """Whoever waits may be woken by one that sleeps."""
    assert run("""
      local c = channel.new()
      coroutine.spawn(function() time.sleep("100h") c:send("late") end)
      print(c:receive())""") == "late\ttrue\n"
