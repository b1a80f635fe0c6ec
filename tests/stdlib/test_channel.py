"""The module channel, held against what Go's channels do; on a test clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moonwit.lua.lane.lane import new_state
from moonwit.lua.values import buffer
from tests.texts import texts

lua, _ = texts(__file__)

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
    assert run(lua("unbuffered_channels_hand_over")) == "sending,receiving,1,sent,sent 2,got 2\n"


def test_buffered_channels_hold_as_many_as_they_say(run: Run) -> None:
    """Sends wait only when the buffer is full, and go on in order when there is room."""
    assert run(lua("buffered_channels_hold_as_many_as_they_say")) == (
        "2\tchannel (2 of 2)\n1\t3\n2\t4\n3\t5\n4\t6\n5\t6\n6\t6\n"
    )


def test_nil_and_false_are_values(run: Run) -> None:
    """They go through every kind of channel, and through a select, with ok = true."""
    assert run(lua("nil_and_false_are_values")) == (
        "nil\ttrue\nfalse\ttrue\nnil\ttrue\nnil\ttrue\nfalse\ttrue\nfalse\ttrue\nnil\ttrue\n"
    )


def test_a_closed_channel_drains(run: Run) -> None:
    """What is buffered is received first, then nil, false forever; those who wait to receive get that at once."""
    assert run(lua("a_closed_channel_drains")) == (
        "1\ttrue\n2\ttrue\nnil\tfalse\nnil\tfalse\n1\tnil\tfalse\n2\tnil\tfalse\n"
        "channel (0 of 2, closed)\tchannel (0 of 0, closed)\n"
    )


def test_sending_on_a_closed_channel_raises(run: Run) -> None:
    """At once, when it waited already, and in a select of either kind; closing twice does nothing. The script's line is blamed."""
    assert run(lua("sending_on_a_closed_channel_raises")) == (
        "false\ts.lua:3: send on a closed channel\nfalse\ts.lua:6: channel.select: send on a closed channel (case 1)\n"
        "false\ts.lua:11: send on a closed channel\nfalse\ts.lua:12: channel.select: send on a closed channel (case 1)\n"
        "true\n"
    )


def test_waiters_are_served_in_order(run: Run) -> None:
    """The first that waits is the first that gets, on both sides, selects among them."""
    assert run(lua("waiters_are_served_in_order")) == "1\t11\n2\t12\n3\t13\n4\t14\n1\t2\t3\t4\n"


def test_select_takes_the_first_ready_case(run: Run) -> None:
    """In the order they are given, whatever became ready first; default only when none is."""
    assert run(lua("select_takes_the_first_ready_case")) == (
        "true\tb\ttrue\tnil\ntrue\ta\ttrue\tnil\nnil\tnil\ttrue\ttrue\ntrue\ttrue\ntrue\tnil\ttrue\tx\ttrue\ntrue\tnil\tfalse\tnil\n"
    )


def test_select_waits_for_the_first_to_become_ready(run: Run) -> None:
    """Sending, receiving or a close; the other cases are taken back, so that nothing is sent or received twice."""
    assert run(lua("select_waits_for_the_first_to_become_ready")) == "from select\ttrue\ntrue\tnil\ttrue\ntrue\ttrue\ntrue\tnil\tfalse\n"


def test_a_select_does_not_meet_itself(run: Run) -> None:
    """Sending and receiving on one unbuffered channel waits for somebody else; two of them meet."""
    assert run(lua("a_select_does_not_meet_itself")) == "a\na\tnil\ttrue\nc\tnil\ttrue\nb\tc\ttrue\n"


def test_one_wake_per_select(run: Run) -> None:
    """A select that two channels could wake in one turn takes one value; the other value stays with its sender."""
    assert run(lua("one_wake_per_select")) == "a\ttrue\tnil\tb\ttrue\n"


def test_a_select_in_a_loop_leaves_nothing_behind(run: Run) -> None:
    """A channel that never is ready holds no waiters of selects that are over, and cases may be used again."""
    assert run(lua("a_select_in_a_loop_leaves_nothing_behind")) == "true\ntrue\n"


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
    assert run(lua("channels_that_hold_themselves_are_collected")) == "true\n"


def test_a_pipeline_and_a_pool(run: Run) -> None:
    """Workers that share an input and an output channel do each job once, and what closes, closes through."""
    assert run(lua("a_pipeline_and_a_pool")) == f"100\t{sum(i * i for i in range(101))}\n"


# What every task does, in order: channel, and what with it. All tasks run at once.
operation = st.tuples(st.integers(0, 2), st.sampled_from(["send", "receive", "select", "pause", "try"]))
tasks = st.lists(st.lists(operation, max_size=8), min_size=1, max_size=6)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 2), min_size=3, max_size=3), tasks)
def test_nothing_is_lost_or_doubled(sizes: list[int], plan: list[list[tuple[int, str]]]) -> None:
    """Whatever tasks do with three channels, in the end each value that was sent has been received exactly once."""
    lines = ",".join("{" + ",".join(f'{{{c}, "{what}"}}' for c, what in operations) + "}" for operations in plan)
    source = lua("nothing_is_lost_or_doubled", SIZES=",".join(map(str, sizes)), OPERATIONS=lines)
    assert failed(LANE[b"run"](source.encode(), b"@s.lua", buffer.encode([]))) == ""


LANE = new_lane()


def test_a_timeout_ends_a_wait(run: Run) -> None:
    """After it receive gives nil, false and an error, send false and an error; what came in time, or was there, is not late."""
    assert run(lua("a_timeout_ends_a_wait")) == (
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
