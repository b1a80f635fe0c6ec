"""Guests that wait at odd moments, for odd times, or for many things; and arguments that change while their call waits."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.abi.conftest import ROOT
from tests.lua.conftest import Lane
from tests.lua.sleepers import GRANTS, NAP, OPTIONS, component, lift
from tests.texts import texts

lua, wat = texts(__file__)

Opened = Callable[..., Lane]


def fields(*methods: str, more: str = "") -> dict[str, str]:
    return {method: f"method: {method}, {GRANTS}{more}" for method in methods}


def test_ready_tells_the_truth(lane: Opened) -> None:
    """Of an instant that is past, of now, and of a nanosecond from now; and after a sleep until then."""
    core = wat("ready_tells_the_truth", NAP=NAP)
    lifts = lift("ready", '(param "ns" u64) (param "nap" u32) (result bool)', "") + lift("at", '(param "ns" u64) (result bool)', "")
    run = lane(fields("ready", "at"), component(core, lifts))
    assert (
        run("""
      print(funcs.call("t:ready", 0, 0), funcs.call("t:ready", 1, 0), funcs.call("t:ready", 1000000, 1), funcs.call("t:ready", 1000001, 1))
      print(funcs.call("t:at", 0), funcs.call("t:at", 2^63))""")
        == "true\tfalse\ttrue\tfalse\ntrue\tfalse\n"
    )


POLLED = wat("polled")


def test_poll_gives_exactly_those_that_are_over(lane: Opened) -> None:
    """The first of many, all with the same deadline, those that are over from the start, and one of a thousand that never end."""
    run = lane(fields("wait"), component(POLLED, lift("wait", '(param "ns" (list u64)) (result (list u32))', OPTIONS)))
    assert run(lua("poll_gives_exactly_those_that_are_over")) == "1\n0 1 2\n0 2\n2\n0\n499\n1\n"


def test_a_sleep_that_never_ends(lane: Opened) -> None:
    """A guest that waits for 2^64 nanoseconds is ended by its limit, by a cancellation, and by the end of the script."""
    polled = component(POLLED, lift("wait", '(param "ns" (list u64)) (result (list u32))', OPTIONS))
    run = lane(fields("wait") | {"limited": fields("wait", more=", limits: {max_execution_ms: 50}")["wait"]}, polled)
    assert run(lua("a_sleep_that_never_ends")) == "Timeout\nCanceled\n"
    assert run.live() == 0


@pytest.mark.parametrize(("post", "message"), [
    ("(call $nap (i32.const 5))", "cannot leave component instance"),
    ("(unreachable)", "wasm `unreachable` instruction executed"),
    ("(loop $l (br $l))", "it computes for very long where a guest may not wait"),
    ("(call $drop (i32.const 99))", "cannot leave component instance"),
])  # fmt: skip
def test_a_post_return_of_bad_intent(lane: Opened, post: str, message: str) -> None:
    """What a post-return may not do is an error of its call, and ends the instance; the next call has another."""
    core = f"""{NAP} (global $n (mut i32) (i32.const 0))
     (func (export "f") (param i32) (result i32) (global.set $n (local.get 0)) (call $nap (i32.const 1)) (i32.const 7))
     (func (export "post") (param i32) (if (global.get $n) (then {post})))"""
    run = lane(fields("f"), component(core, lift("f", '(param "bad" bool) (result u32)', '(post-return (core func $i "post"))')))
    out = run("""
      for i = 1, 2 do print(funcs.call("t:f", true)) print(funcs.call("t:f", false)) end""").splitlines()
    assert [line for line in out if line != "7"] == [out[0]] * 2
    assert len(out) == 4 and out[0].startswith("nil\tf: ") and message in out[0]


@pytest.mark.parametrize(("limit", "expected"), [
    ("", "Internal f: it computes for very long where a guest may not wait"),
    (", limits: {max_execution_ms: 30}", "Timeout f: took longer than its limit of 30 ms"),
])  # fmt: skip
@pytest.mark.parametrize("where", ["realloc", "post"])
def test_functions_that_touch_nothing_of_the_host_end_too(lane: Opened, limit: str, expected: str, where: str) -> None:
    """A realloc or a post-return that computes without end is ended, by the limit of its call if there is one; the next call works."""
    loop = "(if (i32.eq (local.get 3) (i32.const 3)) (then (loop $l (br $l))))" if where == "realloc" else ""
    post = "(if (i32.eq (local.get 0) (i32.const 3)) (then (loop $l (br $l))))" if where == "post" else ""
    core = wat("functions_that_touch_nothing_of_the_host_end_too", NAP=NAP, LOOP=loop, POST=post)
    options = '(memory (core memory $lib "memory")) (realloc (core func $i "realloc")) (post-return (core func $i "post"))'
    run = lane({"f": fields("f", more=limit)["f"]}, component(core, lift("f", '(param "v" string) (result u32)', options)), clock="system")
    out = run("""
      local value, err = funcs.call("t:f", "bad")
      print(value, err:kind() .. " " .. err:message(), funcs.call("t:f", "good"))""")
    assert out == f"nil\t{expected}\t4\n"


@pytest.mark.parametrize(("body", "message"), [
    ("(call $nap (i32.const 5))", "it waits where a guest may not"),
    ("(unreachable)", "wasm `unreachable` instruction executed"),
])  # fmt: skip
def test_a_destructor_of_bad_intent(lane: Opened, body: str, message: str) -> None:
    """A destructor that waits or traps makes `drop` fail with a sentence; other instances work."""
    definitions = wat("a_destructor_of_bad_intent", NAP=NAP, BODY=body)
    core = """(import "host" "new" (func $new (param i32) (result i32)))
     (func (export "[constructor]thing") (param i32) (result i32) (call $new (local.get 0)))"""
    text = component(
        core, lift("[constructor]thing", '(param "n" u32) (result (own $thing))', ""), definitions, '(export "new" (func $new))'
    )
    run = lane({"thing": f"method: '[constructor]thing', {GRANTS}"}, text)
    out = run(lua("a_destructor_of_bad_intent")).splitlines()
    assert len(out) == 3 and out[0] == out[1] and message in out[0] and out[2] == "true"


def test_arguments_that_change_while_the_call_waits_for_its_instance(lane: Opened) -> None:
    """What was right when the call was made is looked at again when its turn comes, and refused then; its place is free for the next."""
    core = wat("arguments_that_change_while_the_call_waits_for_its_instance", NAP=NAP)
    text = component(core, lift("sum", '(param "ms" u32) (param "numbers" (list u32)) (result u32)', OPTIONS))
    run = lane(fields("sum", more=", pool: {type: lazy, max_size: 1}"), text)
    assert run(lua("arguments_that_change_while_the_call_waits_for_its_instance")) == (
        '15\nsum: parameter 2 (numbers: list<u32>): numbers[2]: expected an integer, got "two"\n22\n'
    )


def test_a_busy_turn_of_many_that_compute_and_sleep(lane: Opened) -> None:
    """Guests that compute for longer than an epoch and those that sleep go on side by side. (On the real clock: epochs are real.)"""
    core = wat("a_busy_turn_of_many_that_compute_and_sleep", NAP=NAP)
    run = lane(fields("work"), component(core, lift("work", '(param "turns" u64) (param "ms" u32) (result u64)', "")), clock="system")
    assert run(lua("a_busy_turn_of_many_that_compute_and_sleep")) == "24\n"


MEASURE = """
import sys, tempfile
from pathlib import Path
from moonwit.lua.values import buffer
from tests.abi.conftest import State
from tests.lua.sleepers import GRANTS, SLEEPER
state = State(Path(sys.argv[1]), [f"name: nap, kind: function.wat, source: file://g.wat, method: nap, {GRANTS}, pool: {{type: inline}}"],
  {"g.wat": SLEEPER})
state.boot[b"test_clock"]()
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
def run(count):
    source = "local funcs = require 'funcs' local measure = ... for i = 1, %d do coroutine.spawn(funcs.call, 't:nap', 1000) end"
    later = "require('lua.dispatcher.clock').monotonic() + 500e6"
    state.run(f"require('lua.dispatcher.dispatcher').background_timer({later}, function() MEASURED = RESIDENT() end)")
    answer = state.boot[b"run"](((source % count) + " require('time').sleep('2s')").encode(), b"@s.lua", buffer.encode([]))
    assert answer is None, answer
state.lua.globals()[b"RESIDENT"] = resident
run(10)
before = resident()
run(2000)
print((state.run("return MEASURED") - before) / 2000 / 1024)
state.close()
"""


def test_a_sleeping_guest_takes_30_kib_at_most(tmp_path: object) -> None:
    """Two thousand asleep at once, stacks and tasks and all, as the system counts resident memory."""
    ended = subprocess.run([sys.executable, "-c", MEASURE, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    # One page of the guest's memory, which every instance of this guest touches, is in it.
    assert 1 < float(ended.stdout) <= 30
