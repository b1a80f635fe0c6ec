"""The module group on a test clock: what ends when, which errors come where, limits, deadlines, and cancellation at every moment."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from moonwit.lua.lane.lane import new_state
from moonwit.lua.values import buffer

Run = Callable[[str], str]

START = """
local log, began = {}, time.now()
local function ms() return math.floor(time.since(began):milliseconds() + 0.5) end
local function say(...) local t = {...} for i = 1, select('#', ...) do t[i] = tostring(t[i]) end log[#log + 1] = table.concat(t, ' ') end
local function sleeper(name, delay)
  return function()
    local ok, e = pcall(time.sleep, delay)
    say(name, ok and 'slept' or e:kind(), ms())
    if not ok then error(e, 0) end
    return name
  end
end
"""


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
    assert run("""
        local g = group.new()
        local a = g:spawn(function(x, y) time.sleep('3ms') return x + y end, 1, 2)
        local b = g:spawn(function() return nil end)
        g:spawn(function() time.sleep('1ms') return 'c' end)
        say(tostring(g), a:is_complete(), b:is_complete())
        local r, err, errs = g:wait()
        say(r[1], r[2], r[3], err, errs, ms(), (a:result()), tostring(g))""") == (
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
    assert (
        run("""
        local g = group.new()
        g:spawn(function() pcall(time.sleep, '1h') pcall(time.sleep, '1h') say('cleaning', ms()) error('late', 0) end)
        g:spawn(function() time.sleep('2ms') error('first', 0) end)
        local r, err = g:wait()
        say(r, err, err:cause())""")
        == "cleaning 2\nnil first; late first\n"
    )


def test_collecting_lets_the_others_go_on(run: Run) -> None:
    """All results there are, the first error, and all errors by number."""
    assert (
        run("""
        local g = group.new {on_error = 'collect'}
        g:spawn(sleeper('a', '3ms'))
        g:spawn(function() error('x', 0) end)
        g:spawn(function() time.sleep('1ms') return nil, 'y' end)
        local r, err, errs = g:wait()
        say(r[1], r[2], err, errs[1], errs[2], errs[3])""")
        == "a slept 3\na nil x; y nil x y\n"
    )


def test_a_limit_bounds_how_many_run(run: Run) -> None:
    """spawn waits for room; a child that spawns into its own group does not."""
    assert (
        run("""
        local g, now, most = group.new {limit = 2}, 0, 0
        local function work() now = now + 1 most = math.max(most, now) time.sleep('2ms') now = now - 1 return ms() end
        for i = 1, 5 do g:spawn(work) end
        say('spawned', ms())
        local r = g:wait()
        say(most, table.concat(r, ' '))
        g = group.new {limit = 1}
        g:spawn(function() for i = 1, 3 do g:spawn(work) end say('went on') return 'first' end)
        say(#g:wait(), most)""")
        == "spawned 4\n2 2 2 4 4 6\nwent on\n4 2\n"
    )


def test_spawn_in_a_failed_group_starts_nothing(run: Run) -> None:
    """A loop that feeds a group learns of the failure; who waits for room does too. After wait the group is over."""
    assert (
        run("""
        local g = group.new {limit = 1}
        g:spawn(function() time.sleep('1ms') error('no', 0) end)
        say(g:spawn(say, 'ran'))
        say(g:spawn(say, 'ran'))
        say((select(2, g:wait())))
        say(pcall(g.spawn, g, say))""")
        == "nil no\nnil no\nno\nfalse group:spawn: the group has ended, make another\n"
    )


def test_a_deadline_ends_a_group(run: Run) -> None:
    """Its error is of kind Timeout; a number is seconds."""
    for timeout in ("'5ms'", "0.005", "time.parse_duration('5ms')"):
        assert (
            run(f"""
            local g = group.new {{timeout = {timeout}}}
            g:spawn(sleeper('a', '1h'))
            g:spawn(sleeper('b', '1ms'))
            local r, err = g:wait()
            say(r, err:kind(), err)""")
            == "b slept 1\na Timeout 5\nnil Timeout the group took longer than its timeout of 5 ms\n"
        )


def test_a_deadline_that_did_not_pass_costs_nothing(run: Run) -> None:
    """The script does not wait for it."""
    assert run("local g = group.new {timeout = '1h'} g:spawn(sleeper('a', '1ms')) g:wait() say(ms())") == "a slept 1\n1\n"
    assert run("say(group.map({1}, function() return 1 end, {timeout = '1h'})[1])") == "1\n"


def test_cancel(run: Run) -> None:
    """Children end as Canceled, wait gives that, and the second time nothing happens; nor does canceling what has ended."""
    assert run("""
        local g = group.new()
        g:spawn(sleeper('a', '1h'))
        local f = g:spawn(sleeper('never begins', '1h'))
        time.sleep('1ms')
        g:spawn(sleeper('new', '1h'))
        say(g:cancel(), g:cancel())
        local r, err = g:wait()
        say(r, err:kind(), f:cancel(), g:cancel())""") == ("true false\na Canceled 1\nnever begins Canceled 1\nnil Canceled false false\n")


def test_one_child_is_canceled_by_its_future(run: Run) -> None:
    """The others go on, and it is not a failure, neither before it began nor while it waits for room."""
    assert (
        run("""
        local g = group.new {limit = 1}
        g:spawn(function()
          local f = g:spawn(say, 'held')
          say(f:cancel(), f:cancel(), f:is_canceled())
        end)
        local r, err = g:wait()
        say(err)
        g = group.new()
        local f = g:spawn(sleeper('f', '1h'))
        g:spawn(sleeper('g', '2ms'))
        say(f:cancel())
        r, err = g:wait()
        say(r[1], r[2], err)""")
        == "true false true\nnil\ntrue\ng slept 2\nnil g nil\n"
    )


def test_cancellation_goes_down(run: Run) -> None:
    """Who waits for a group and is canceled ends its children first; nested groups, from the innermost out."""
    assert (
        run("""
        local co = coroutine.spawn(function()
          local g = group.new()
          g:spawn(function()
            local inner = group.new()
            inner:spawn(sleeper('innermost', '1h'))
            local ok, e = pcall(inner.wait, inner)
            say('inner', e:kind())
            error(e, 0)
          end)
          local ok, e = pcall(g.wait, g)
          say('outer', e:kind())
        end)
        time.sleep('1ms')
        coroutine.cancel(co)
        say(coroutine.join(co))
        say(ms())""")
        == "innermost Canceled 1\ninner Canceled\nouter Canceled\n\n1\n"
    )


def test_a_group_that_nobody_waits_for_ends_with_its_coroutine(run: Run) -> None:
    """Its children are canceled and waited for; an error among them is the coroutine's own."""
    assert run("""
        local outer = group.new()
        outer:spawn(function()
          local g = group.new()
          g:spawn(sleeper('left', '1h'))
          g:spawn(function() error('not lost', 0) end)
          time.sleep('1ms')
        end)
        say(outer:wait())""").startswith("left Canceled 0\nnil not lost")
    assert run("local g = group.new() g:spawn(function() error('not lost', 0) end) time.sleep('1ms')").endswith("failed: not lost\n")


def test_a_body_is_part_of_its_group(run: Run) -> None:
    """group.run: the failure of a child ends the body, that of the body the children; what it returns comes when all have ended."""
    assert run("""
        say(group.run(function(g) g:spawn(sleeper('a', '2ms')) return 'value', 2 end))
        say(group.run(function(g) g:spawn(function() error('child', 0) end) time.sleep('1h') say('not here') end))
        time.sleep('1ms') say('goes on', ms())
        say(group.run(function(g) g:spawn(sleeper('b', '1h')) time.sleep('1ms') error('body', 0) end))
        say(group.run(function() time.sleep('1h') end, {timeout = '1ms'}))""") == (
        "a slept 2\nvalue 2\nnil child\ngoes on 3\nb Canceled 4\nnil body\nnil the group took longer than its timeout of 1 ms\n"
    )


def test_an_outer_cancellation_is_not_forgiven_with_an_inner_one(run: Run) -> None:
    """A body that was canceled for its own child's failure, and meanwhile from outside, stays canceled."""
    assert (
        run("""
        local outer = group.new()
        outer:spawn(function()
          local r, err = group.run(function(g)
            g:spawn(function() time.sleep('1ms') error('inner', 0) end)
            g:spawn(function() pcall(time.sleep, '1h') pcall(time.sleep, '1h') end)
            pcall(time.sleep, '1h')
          end)
          time.sleep('1h')
          say('not here')
        end)
        outer:spawn(function() time.sleep('1ms') error('outer', 0) end)
        local r, err = outer:wait()
        say(ms(), err)""")
        == "1 outer; inner\n"
    )


def test_map(run: Run) -> None:
    """Results in order, item and number for the function, as many at once as the limit says, one after the other without a wait."""
    assert run("""
        local now, most = 0, 0
        local r = group.map({10, 20, 30, 40, 50}, function(x, i)
          now = now + 1 most = math.max(most, now)
          time.sleep((6 - i) * time.MILLISECOND)
          now = now - 1
          return x + i
        end, {limit = 2})
        say(table.concat(r, ' '), most, ms())
        most = 0
        group.map({1, 2, 3}, function() now = now + 1 most = math.max(most, now) time.sleep('1ms') now = now - 1 end)
        say(most)
        say(#group.map({}, error), table.concat(group.map({'a', 'b'}, function(x) return x .. x end), ' '))""") == (
        "11 22 33 44 55 2 8\n3\n0 aa bb\n"
    )


def test_map_and_failures(run: Run) -> None:
    """The first failure ends the others; collecting tells of all; retries come before a failure counts."""
    assert (
        run("""
        local done = {}
        local r, err, errs = group.map({1, 2, 3, 4}, function(x) time.sleep(x * time.MILLISECOND) if x == 2 then error('two', 0) end
          done[#done + 1] = x end)
        say(r, err, errs, #done, ms())
        r, err, errs = group.map({1, 2, 3}, function(x) if x ~= 2 then return nil, 'bad ' .. x end return x end, {on_error = 'collect'})
        say(r[1], r[2], err, errs[1], errs[2], errs[3])
        local tries = {}
        r, err = group.map({1, 2}, function(x) tries[x] = (tries[x] or 0) + 1 if tries[x] < x + 1 then error('again', 0) end return x end,
          {retry = {max_attempts = 3, initial_delay = '1ms'}})
        say(r[1], r[2], err, tries[1], tries[2])
        r, err = group.map({1}, function() return nil, errors.new {message = 'never', kind = errors.INVALID} end, {retry = {}})
        say(r, err)""")
        == "nil two nil 1 2\nnil 2 bad 1; bad 3 bad 1 nil bad 3\n1 2 nil 2 3\nnil never\n"
    )


def test_map_over_a_channel(run: Run) -> None:
    """Items are worked on as they come, so many at once; the sender waits while all are busy, and a failure ends it."""
    assert (
        run("""
        local feed, sent = channel.new(0), 0
        local feeder = coroutine.spawn(function() for i = 1, 6 do feed:send(i) sent = i end feed:close() end)
        local r = group.map(feed, function(x) time.sleep('1ms') say(sent - x < 3) return -x end, {limit = 2})
        say(table.concat(r, ' '))""")
        == "true\n" * 6 + "-1 -2 -3 -4 -5 -6\n"
    )
    assert (
        run("""
        local feed = channel.new(0)
        say(group.run(function(g)
          g:spawn(function() for i = 1, 100 do feed:send(i) end end)
          g:spawn(function()
            local r, err = group.map(feed, function(x) if x == 3 then error('three', 0) end end, {limit = 2})
            return r, err
          end)
        end))""")
        == "nil three\n"
    )


def test_race(run: Run) -> None:
    """The first that does not fail wins, the others have ended by then; when all fail the first error comes, and all of them."""
    assert (
        run("""
        say(group.race {sleeper('far', '1h'), sleeper('near', '2ms'), function() error('broken') end})
        say(group.race {function() time.sleep('1ms') error('a', 0) end, function() return nil, 'b' end})
        local _, err = group.race({sleeper('s', '1h')}, {timeout = '1ms'})
        say(err:kind())""")
        == "near slept 2\nfar Canceled 2\nnear\nnil b; a\ns Timeout 4\nTimeout\n"
    )


def test_retry(run: Run) -> None:
    """Pauses grow, what is no use is not tried again, `when` decides otherwise, and a deadline bounds all of it."""
    assert run("""
        local at = {}
        local v, err = group.retry(function(n) at[n] = ms() error('no', 0) end,
          {max_attempts = 4, initial_delay = '1ms', max_delay = '3ms'})
        say(v, err, table.concat(at, ' '))
        local n = 0
        local function count(kind) return function() n = n + 1 return nil, errors.new {message = 'm', kind = kind} end end
        for _, kind in ipairs {errors.INVALID, errors.NOT_FOUND, errors.PERMISSION_DENIED, errors.UNAVAILABLE} do
          n = 0 group.retry(count(kind), {initial_delay = '1ms'}) say(kind, n)
        end
        n = 0 group.retry(count(errors.INVALID), {initial_delay = '1ms', when = function(e) return e:kind() == 'Invalid' and n < 2 end})
        say(n)
        say(group.retry(function(i) return i end))
        v, err = group.retry(function() return nil, 'no' end, {max_attempts = 1000, initial_delay = '1ms', timeout = '20ms'})
        say(err:kind())""") == ("nil no 0 1 3 6\nInvalid 1\nNotFound 1\nPermissionDenied 1\nUnavailable 3\n2\n1 nil\nTimeout\n")


def test_a_cancellation_is_not_tried_again(run: Run) -> None:
    """retry and collecting maps end with their caller."""
    assert (
        run("""
        local tries = 0
        local g = group.new {timeout = '5ms'}
        g:spawn(function() return group.retry(function() tries = tries + 1 time.sleep('1h') end, {max_attempts = 100}) end)
        g:spawn(function() return group.map({1, 2}, function() tries = tries + 1 time.sleep('1h') end, {on_error = 'collect'}) end)
        local _, err = g:wait()
        say(err:kind(), tries, ms())""")
        == "Timeout 3 5\n"
    )


def test_exits_and_groups(run: Run) -> None:
    """os.exit in a child ends the script, and is not an error of the group."""
    assert run("local g = group.new() g:spawn(os.exit, 0) g:spawn(sleeper('s', '1h')) g:wait() say('not here')") == ""
    assert run("group.map({1}, function() os.exit(0) end, {on_error = 'collect'}) say('not here')") == ""
    assert run("group.retry(function() os.exit(0) end) say('not here')") == ""
    assert run("group.run(function() os.exit(0) end) say('not here')") == ""


def test_many_children_and_their_memory(run: Run) -> None:
    """Nothing is kept of groups that have ended."""
    assert (
        run("""
        local function round() local g = group.new() for i = 1, 1000 do g:spawn(time.sleep, '1ms') end g:wait() end
        for i = 1, 5 do round() end collectgarbage() collectgarbage()
        local before = collectgarbage 'count'
        for i = 1, 30 do round() end collectgarbage() collectgarbage()
        say(collectgarbage 'count' - before < 300)""")
        == "true\n"
    )


def test_a_deadlock_inside_a_group_is_reported(run: Run) -> None:
    """A group whose children wait forever ends with the script, which says where each of them waits."""
    told = run("local g = group.new() for i = 1, 2 do g:spawn(function() channel.new():receive() end) end g:wait()")
    assert "failed: " in told and "group wait" in told


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("group.new(5)", "group.new: expected a table as group.new, got a number"),
        ("group.new {limits = 5}", "group.new: group.new has no option 'limits', did you mean 'limit'?"),
        ("group.new {limit = 0}", "group.new: group.new.limit: expected a whole number of at least 1, got 0"),
        ("group.new {limit = 0/0}", "group.new: group.new.limit: expected a whole number of at least 1, got "),
        ("group.new {on_error = 'stop'}", "group.new: group.new.on_error: expected 'cancel' or 'collect', got 'stop'"),
        ("group.new {timeout = 0}", "group.new: group.new.timeout: expected a duration longer than 0, got 0"),
        ("group.new():spawn(5)", "group:spawn: expected a function, got a number"),
        ("group.new().wait(5)", "group:wait is called on a number, write g:wait(...)"),
        ("group.map(5, print)", "group.map: expected a list or a channel, got a number"),
        ("group.map({}, 5)", "group.map: expected a function, got a number"),
        ("group.map({}, print, {retry = {tries = 1}})", "group.map: group.map.retry: retry has no option 'tries'"),
        ("group.race {1}", "group.race: expected a function as number 1, got a number"),
        ("group.race {}", "group.race: expected at least one function"),
        ("group.retry()", "group.retry: expected a function, got nil"),
        ("local g = group.new() g:spawn(function() g:wait() end) assert(g:wait())", "a child of a group waits for the group"),
    ],
)
def test_misuse_raises(run: Run, text: str, sentence: str) -> None:
    """The sentence says what was expected and blames the script."""
    assert f"s.lua:14: {sentence}" in run(text)


def test_joining(run: Run) -> None:
    """coroutine.join gives the results of a spawned coroutine, or its error, once or many times, now or later."""
    assert run("""
        local co = coroutine.spawn(function(a) time.sleep('1ms') return a, nil, 3 end, 1)
        say(coroutine.join(co)) say(coroutine.join(co)) say(ms())
        local bad = coroutine.spawn(function() time.sleep('1ms') error('bad', 0) end)
        local other = coroutine.spawn(function() return coroutine.join(bad) end)
        say(coroutine.join(bad)) say(coroutine.join(other)) say(coroutine.join(bad))
        local gone = coroutine.spawn(time.sleep, '1h')
        coroutine.cancel(gone)
        say(select(2, coroutine.join(gone)):kind())
        say(pcall(coroutine.join, coroutine.create(print)))
        local self self = coroutine.spawn(function() say(pcall(coroutine.join, self)) end)
        coroutine.join(self)""") == (
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
    (tmp_path / "_index.yaml").write_text(f'version: "1.0"\nnamespace: t\nentries:\n{FUNCTIONS}', encoding="utf-8")
    (tmp_path / "s.lua").write_text(script, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "moonwit", "run", "s.lua"], cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=120
    )
    assert done.stderr == ""
    assert done.stdout.startswith(shown)
