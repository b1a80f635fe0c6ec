"""The module group on a test clock: what ends when, which errors come where, limits, deadlines, and cancellation at every moment."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from moonwit.lua.lane.lane import new_state
from moonwit.lua.values import buffer
from tests import projects
from tests.texts import texts

lua, _ = texts(__file__)

Run = Callable[[str], str]

START = lua("start")


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs a script on a test clock; gives what it has said, and after that `failed: ` and how it ended."""
    _, boot = new_state({})
    boot[b"test_clock"]()

    def run(source: str) -> str:
        show = "local done, r = pcall(main) for _, line in ipairs(log) do print(line) end if not done then error(r, 0) end"
        whole = f"{START} local function main()\n{source}\nend {show}"
        answer = boot[b"run"](whole.encode(), b"@s.lua", buffer.encode([]))
        failed = f"failed: {buffer.decode(answer[0]).message}\n" if answer is not None else ""
        return capfd.readouterr().out + failed

    return run


def test_results_come_in_the_order_of_the_children(run: Run) -> None:
    """However long each takes; arguments are passed on, and futures have the same results."""
    assert run(lua("results_come_in_the_order_of_the_children")) == (
        "group (3 children) false false\n3 nil c nil nil 3 3 group (0 children)\n"
    )


def test_the_first_failure_cancels_the_others(run: Run) -> None:
    """Raised, returned as a text or as an error value: wait gives the first, when all have ended."""
    for fails in ("error('no', 0)", "return nil, 'no'", "return false, 'no'", "return nil, errors.new('no')", "error(errors.new('no'))"):
        assert run(f"""
            local g = group.new()
            local s = g:spawn(sleeper('s', '1h'))
            g:spawn(function() time.sleep('2ms') {fails} end)
            say(g:wait()) say(ms(), s:is_canceled(), select(2, s:result()):kind())""") == ("s Canceled 2\nnil no\n2 true Canceled\n")


def test_wait_returns_when_the_last_has_ended(run: Run) -> None:
    """A child that cleans up after its cancellation is waited for, and what it fails with meanwhile is not lost."""
    assert run(lua("wait_returns_when_the_last_has_ended")) == "cleaning 2\nnil first; late first\n"


def test_collecting_lets_the_others_go_on(run: Run) -> None:
    """All results there are, the first error, and all errors by number."""
    assert run(lua("collecting_lets_the_others_go_on")) == "a slept 3\na nil x; y nil x y\n"


def test_a_limit_bounds_how_many_run(run: Run) -> None:
    """spawn waits for room; a child that spawns into its own group does not."""
    assert run(lua("a_limit_bounds_how_many_run")) == "spawned 4\n2 2 2 4 4 6\nwent on\n4 2\n"


def test_spawn_in_a_failed_group_starts_nothing(run: Run) -> None:
    """A loop that feeds a group learns of the failure; who waits for room does too. After wait the group is over."""
    assert (
        run(lua("spawn_in_a_failed_group_starts_nothing"))
        == "nil no\nnil no\nno\nfalse group:spawn: the group has ended, make another\n"
    )


def test_a_deadline_ends_a_group(run: Run) -> None:
    """Its error is of kind Timeout; a number is seconds."""
    for timeout in ("'5ms'", "0.005", "time.parse_duration('5ms')"):
        assert (
            run(lua("a_deadline_ends_a_group", TIMEOUT=timeout))
            == "b slept 1\na Timeout 5\nnil Timeout the group took longer than its timeout of 5 ms\n"
        )


def test_a_deadline_that_did_not_pass_costs_nothing(run: Run) -> None:
    """The script does not wait for it."""
    assert run("local g = group.new {timeout = '1h'} g:spawn(sleeper('a', '1ms')) g:wait() say(ms())") == "a slept 1\n1\n"
    assert run("say(group.map({1}, function() return 1 end, {timeout = '1h'})[1])") == "1\n"


def test_cancel(run: Run) -> None:
    """Children end as Canceled, wait gives that, and the second time nothing happens; nor does canceling what has ended."""
    assert run(lua("cancel")) == ("true false\na Canceled 1\nnever begins Canceled 1\nnil Canceled false false\n")


def test_one_child_is_canceled_by_its_future(run: Run) -> None:
    """The others go on, and it is not a failure, neither before it began nor while it waits for room."""
    assert run(lua("one_child_is_canceled_by_its_future")) == "true false true\nnil\ntrue\ng slept 2\nnil g nil\n"


def test_cancellation_goes_down(run: Run) -> None:
    """Who waits for a group and is canceled ends its children first; nested groups, from the innermost out."""
    assert run(lua("cancellation_goes_down")) == "innermost Canceled 1\ninner Canceled\nouter Canceled\n\n1\n"


def test_a_group_that_nobody_waits_for_ends_with_its_coroutine(run: Run) -> None:
    """Its children are canceled and waited for; an error among them is the coroutine's own."""
    assert run(lua("a_group_that_nobody_waits_for_ends_with_its_coroutine")).startswith("left Canceled 0\nnil not lost")
    assert run("local g = group.new() g:spawn(function() error('not lost', 0) end) time.sleep('1ms')").endswith("failed: not lost\n")


def test_a_body_is_part_of_its_group(run: Run) -> None:
    """group.run: the failure of a child ends the body, that of the body the children; what it returns comes when all have ended."""
    assert run(lua("a_body_is_part_of_its_group")) == (
        "a slept 2\nvalue 2\nnil child\ngoes on 3\nb Canceled 4\nnil body\nnil the group took longer than its timeout of 1 ms\n"
    )


def test_an_outer_cancellation_is_not_forgiven_with_an_inner_one(run: Run) -> None:
    """A body that was canceled for its own child's failure, and meanwhile from outside, stays canceled."""
    assert run(lua("an_outer_cancellation_is_not_forgiven_with_an_inner_one")) == "1 outer; inner\n"


def test_map(run: Run) -> None:
    """Results in order, item and number for the function, as many at once as the limit says, one after the other without a wait."""
    assert run(lua("map")) == "11 22 33 44 55 2 8\n3\n0 aa bb\n"


def test_map_and_failures(run: Run) -> None:
    """The first failure ends the others; collecting tells of all; retries come before a failure counts."""
    assert run(lua("map_and_failures")) == "nil two nil 1 2\nnil 2 bad 1; bad 3 bad 1 nil bad 3\n1 2 nil 2 3\nnil never\n"


def test_map_over_a_channel(run: Run) -> None:
    """Items are worked on as they come, so many at once; the sender waits while all are busy, and a failure ends it."""
    assert run(lua("map_over_a_channel")) == "true\n" * 6 + "-1 -2 -3 -4 -5 -6\n"
    assert run(lua("map_over_a_channel_2")) == "nil three\n"


def test_race(run: Run) -> None:
    """The first that does not fail wins, the others have ended by then; when all fail the first error comes, and all of them."""
    assert run(lua("race")) == "near slept 2\nfar Canceled 2\nnear\nnil b; a\ns Timeout 4\nTimeout\n"


def test_retry(run: Run) -> None:
    """Pauses grow, what is no use is not tried again, `when` decides otherwise, and a deadline bounds all of it."""
    assert run(lua("retry")) == ("nil no 0 1 3 6\nInvalid 1\nNotFound 1\nPermissionDenied 1\nUnavailable 3\n2\n1 nil\nTimeout\n")


def test_a_cancellation_is_not_tried_again(run: Run) -> None:
    """retry and collecting maps end with their caller."""
    assert run(lua("a_cancellation_is_not_tried_again")) == "Timeout 3 5\n"


def test_exits_and_groups(run: Run) -> None:
    """os.exit in a child ends the script, and is not an error of the group."""
    assert run("local g = group.new() g:spawn(os.exit, 0) g:spawn(sleeper('s', '1h')) g:wait() say('not here')") == ""
    assert run("group.map({1}, function() os.exit(0) end, {on_error = 'collect'}) say('not here')") == ""
    assert run("group.retry(function() os.exit(0) end) say('not here')") == ""
    assert run("group.run(function() os.exit(0) end) say('not here')") == ""


def test_many_children_and_their_memory(run: Run) -> None:
    """Nothing is kept of groups that have ended."""
    assert run(lua("many_children_and_their_memory")) == "true\n"


def test_a_deadlock_inside_a_group_is_reported(run: Run) -> None:
    """A group whose children wait forever ends with the script, which says where each of them waits."""
    told = run("local g = group.new() for i = 1, 2 do g:spawn(function() channel.new():receive() end) end g:wait()")
    assert "failed: " in told and "group wait" in told


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("group.new(5)", "group.new: expected a table as options, got a number"),
        ("group.new {limits = 5}", "group.new: options has no option 'limits', did you mean 'limit'?"),
        ("group.new {limit = 0}", "group.new: options.limit: expected a whole number of at least 1, got 0"),
        ("group.new {limit = 0/0}", "group.new: options.limit: expected a whole number of at least 1, got "),
        ("group.new {on_error = 'stop'}", "group.new: options.on_error: expected 'cancel' or 'collect', got 'stop'"),
        ("group.new {timeout = 0}", "group.new: options.timeout: expected a duration longer than 0, got 0"),
        ("group.new():spawn(5)", "group:spawn: expected a function, got a number"),
        ("group.new().wait(5)", "group:wait is called on a number, write g:wait(...)"),
        ("group.map(5, print)", "group.map: expected a list or a channel, got a number"),
        ("group.map({}, 5)", "group.map: expected a function, got a number"),
        ("group.map({}, print, {retry = {tries = 1}})", "group.map: options.retry: retry has no option 'tries'"),
        ("group.race {1}", "group.race: expected a function as number 1, got a number"),
        ("group.race {}", "group.race: expected at least one function"),
        ("group.retry()", "group.retry: expected a function, got nil"),
        ("local g = group.new() g:spawn(function() g:wait() end) assert(g:wait())", "a child of a group waits for the group"),
    ],
)
def test_misuse_raises(run: Run, text: str, sentence: str) -> None:
    """The sentence says what was expected and blames the script."""
    assert f"s.lua:{len(START.splitlines()) + 2}: {sentence}" in run(text)


def test_joining(run: Run) -> None:
    """coroutine.join gives the results of a spawned coroutine, or its error, once or many times, now or later."""
    assert run(lua("joining")) == (
        "1 nil 3\n1 nil 3\n1\nnil bad\nnil bad\nnil bad\nCanceled\n"
        "false coroutine.join: only what coroutine.spawn returned can be joined\n"
        "false coroutine.join: the coroutine would wait for itself\n"
    )


def test_an_error_that_nobody_joins_fails_the_script(run: Run) -> None:
    """As before: who would join it later is too late."""
    assert run("coroutine.spawn(function() error('alone', 0) end) time.sleep('1ms') say('not here')").endswith("failed: alone\n")


FUNCTIONS = """
  - {name: fan, kind: function.lua, modules: [group, time], source: 'return function(n)
      local g = group.new() for i = 1, n do g:spawn(function() time.sleep("1ms") return i end) end
      local r, err = g:wait() return r and #r, err end'}
  - {name: forget, kind: function.lua, modules: [group, time], source: 'return function()
      local g = group.new() g:spawn(time.sleep, "1h") time.sleep("1ms") return "forgot" end'}
  - {name: late, kind: function.lua, modules: [group, time], limits: {max_execution_ms: 50}, source: 'return function()
      return group.map({1, 2, 3}, function() pcall(time.sleep, "1h") time.sleep("1h") end) end'}
  - {name: busy, kind: function.lua, modules: [group], limits: {max_execution_ms: 50}, source: 'return function()
      return group.map({1, 2, 3}, function() while true do end end) end'}
"""


@pytest.mark.parametrize(
    ("script", "shown"),
    [
        ("print(funcs.async('t:fan', 20):await())", "20\tnil"),
        ("print(funcs.async('t:forget'):await('10s'))", "forgot\tnil"),
        ("local f = funcs.async('t:fan', 3) time.sleep(0) f:cancel() print(select(2, f:await()):kind())", "Canceled"),
        ("for _, id in ipairs{'t:late', 't:busy'} do local _, e = funcs.call(id) io.write(e:kind(), ' ') end print()", "Timeout Timeout "),
        ("local r = group.map({1, 2, 3, 4}, function(n) return funcs.call('t:fan', n) end) print(r[1], r[4])", "1\t4"),
        ("local _, e = group.map({1, 2}, function() return funcs.call('t:late') end) print(e:kind(), e)", "Timeout\tt:late"),
    ],
)
def test_groups_inside_functions(tmp_path: Path, script: str, shown: str) -> None:
    """A function in Lua may open groups, in a future too; its limit ends them where they wait and where they compute."""
    projects.write(tmp_path, f'{FUNCTIONS}')
    (tmp_path / "s.lua").write_text(script, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "moonwit", "run", "s.lua"], cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=120
    )
    assert done.stderr == ""
    assert done.stdout.startswith(shown)
