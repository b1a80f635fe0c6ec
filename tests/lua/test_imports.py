"""What answers the imports of a guest: libraries and functions of the registry, and how their answers and errors reach the guest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from moonwit.host.wasm.wit.types import Enum, Field, List, Option, Primitive, Record, Result
from tests.abi.imported import INTERFACE, Relay
from tests.lua.conftest import Lane
from tests.projects import entry, opened
from tests.texts import texts

_, wat = texts(__file__)

U32, STRING = Primitive("u32"), Primitive("string")
KINDS = Enum(("sold-out", "closed"))


def guest() -> str:
    """Functions that pass their parameter to an import, and give back its answer: `u` u32, `s` string, `r` result, and more."""
    relay = Relay()
    relay.add("u", [U32])
    relay.add("s", [STRING])
    relay.add("r", [Result(U32, STRING)])
    relay.add("e", [Result(None, KINDS)])
    relay.add("d", [Result(Option(U32), Record((Field("code", U32),)))])
    relay.add("l", [List(STRING)])
    return relay.text


GUEST = guest()
SHOP = f"imports: [{{'{INTERFACE}': lib}}]"
Make = Callable[..., Lane]


def library(source: str, modules: str = "") -> tuple[str, ...]:
    """The entry of a library with a source in one line."""
    return (f"name: lib, kind: library.lua, modules: [{modules}], source: \"{source}\"",)


def shop(lane: Make, source: str, modules: str = "", fields: str = "", more: tuple[str, ...] = (), clock: str = "test") -> Lane:
    """A project with an entry for each function of the guest, answered by a library."""
    entries = {name: f"method: {name}, {SHOP}{fields}" for name in ("u", "s", "r", "e", "d", "l")}
    return lane(entries, GUEST, clock, (*library(source, modules), *more))


@pytest.mark.parametrize(("returned", "printed"), [
    ("7", "7\tnil"),
    ("7, nil", "7\tnil"),
    ("{ok = 7}", "7\tnil"),
    ("nil, 'no'", "nil\tno"),
    ("{err = 'no'}", "nil\tno"),
    ("nil, errors.new('no')", "nil\tno"),
    ("error('no', 0)", "nil\tno"),
    ("error(errors.new{message = 'no', kind = errors.INVALID})", "nil\tno"),
])  # fmt: skip
def test_a_result_is_returned_by_luas_convention_or_as_a_table(lane: Make, returned: str, printed: str) -> None:
    """A value, nil and what went wrong, `{ok =}` and `{err =}`, and what is raised, where the err side takes it."""
    print_it = "local v, e = funcs.call('t:r', {ok = 1}) print(v, e and e:details())"
    assert shop(lane, f"return {{r = function() return {returned} end}}", "errors")(print_it) == f"{printed}\n"


@pytest.mark.parametrize(("name", "returned", "printed"), [
    ("e", "nil", "nil\tnil"),
    ("e", "true", "nil\tnil"),
    ("e", "{ok = true}", "nil\tnil"),
    ("e", "nil, 'sold-out'", "nil\tsold-out"),
    ("e", "nil, errors.new('closed')", "nil\tclosed"),
    ("e", "nil, errors.new{message = 'x', details = 'closed'}", "nil\tclosed"),
    ("d", "nil", "nil\tnil"),
    ("d", "5", "5\tnil"),
    ("d", "nil, {code = 3}", "nil\t3"),
    ("d", "nil, errors.new{message = 'x', details = {code = 4}}", "nil\t4"),
])  # fmt: skip
def test_sides_without_payloads_and_details_of_errors(lane: Make, name: str, returned: str, printed: str) -> None:
    """An absent ok side takes nothing or true; an err side is the error's details where they fit, or the case that it names."""
    print_it = f"local v, e = funcs.call('t:{name}', {{ok = {'true' if name == 'e' else '1'}}}) local d = e and e:details() " \
        "print(v, type(d) == 'table' and d.code or d)"
    assert shop(lane, f"return {{{name} = function() return {returned} end}}", "errors")(print_it) == f"{printed}\n"


def test_an_error_without_an_err_side_ends_the_call_with_it(lane: Make) -> None:
    """The guest's call fails with the error's kind, message and both backtraces, and the next one has a fresh instance."""
    run = shop(
        lane,
        "local n = 0 return {u = function(v) n = n + 1 if n == 2 then error(errors.new{message = 'no luck', kind = errors.CONFLICT, "
        "details = {a = 1}, retryable = true}) end return v + n end}", "errors",
    )  # fmt: skip
    text = run(
        "print(funcs.call('t:u', 1)) local v, e = funcs.call('t:u', 1) print(v, e:kind(), e:message(), e:retryable(), e:details().a)"
        "print(e:stack()) print(funcs.call('t:u', 1))"
    )
    assert text.startswith("2\nnil\tConflict\tno luck\ttrue\t1\n")
    assert text.endswith("\n4\n")
    assert "in guest" in text
    assert "t:lib" in text


def test_a_plain_error_says_where_it_was_raised(lane: Make) -> None:
    """What a library raises as text is an error of kind Internal with the library's line."""
    run = shop(lane, "return {s = function() local x = nil; return x.y end}")
    text = run("local v, e = funcs.call('t:s', 'a') print(v, e:kind(), e:message()) print(e:stack())")
    assert text.startswith("nil\tInternal\tt:lib:1: attempt to index local 'x' (a nil value)\n")
    assert "t:lib:1: in " in text


@pytest.mark.parametrize(("name", "returned", "sentence"), [
    ("u", "'x'", 't:t/host#u: the library t:lib gives a result that does not fit `u32`: expected an integer, got "x"'),
    ("u", "-1", "t:t/host#u: the library t:lib gives a result that does not fit `u32`: -1 is out of range"),
    ("s", "nil", "t:t/host#s: the library t:lib gives a result that does not fit `string`: expected a string, got nil"),
    ("l", "{'a', 1}", "t:t/host#l: the library t:lib gives a result that does not fit `list<string>`: [2]: expected a string, got 1"),
    ("r", "'x'", 't:t/host#r: the library t:lib gives a result that does not fit `result<u32, string>`: expected an integer, got "x"'),
])  # fmt: skip
def test_a_result_that_does_not_fit_ends_the_call(lane: Make, name: str, returned: str, sentence: str) -> None:
    """The error names the import, the library, the type and the place in the value."""
    argument = {"u": "1", "s": "'a'", "l": "{}", "r": "{ok = 1}"}[name]
    run = shop(lane, f"return {{{name} = function() return {returned} end}}")
    assert run(f"local v, e = funcs.call('t:{name}', {argument}) print(v, e:kind(), e:message())") == f"nil\tInvalid\t{sentence}\n"


def test_a_function_that_a_library_lacks_is_named(lane: Make) -> None:
    """A call of what is not there says what the import is, and the name that may be meant; `-` may be written `_`."""
    run = shop(lane, "return {uu = function() return 1 end}")
    sentence = "the library t:lib has no function `u` for the import t:t/host#u, did you mean 'uu'?\n"
    assert run("print(select(2, funcs.call('t:u', 1)))") == sentence


def test_a_library_that_can_not_be_loaded_is_an_error_of_the_call(lane: Make) -> None:
    """What its source raises, and what is not a table, ends the call."""
    run = shop(lane, "error('not today', 0)")
    assert run("print(select(2, funcs.call('t:u', 1)))") == "not today\n"
    run = shop(lane, "return 5")
    assert run("print(select(2, funcs.call('t:u', 1)))") == "the library t:lib: expected it to return a table of functions, got a number\n"


WAITING = {
    "a sleep": "time.sleep('1s') return v + 1",
    "a channel": "local c = channel.new() coroutine.spawn(function() time.sleep('1s') c:send(v + 1) end) return (c:receive())",
    "a coroutine that sleeps": "return coroutine.wrap(function() time.sleep('1s') return v + 1 end)()",
    "a function": "return funcs.call('t:later', v)",
    "a future": "return funcs.async('t:later', v):await()",
    "several": "for i = 1, 3 do time.sleep('1s') end return v + 1",
}


@pytest.mark.parametrize("body", WAITING.values(), ids=WAITING)
def test_a_library_may_wait_while_its_lane_goes_on(lane: Make, body: str) -> None:
    """Ten guests wait in a library side by side, and each gets its answer."""
    source = "local time = require 'time' return function(v) time.sleep('1s') return v + 1 end"
    later = f'name: later, kind: function.lua, modules: [time], source: "{source}"'
    run = shop(lane, f"return {{u = function(v) {body} end}}", "time, funcs, channel", more=(later,))
    source = "local start, sum, left = time.now(), 0, channel.new(10) " \
        "all(10, function(i) local v = assert(funcs.call('t:u', i)) sum = sum + v left:send(1) end)" \
        "for i = 1, 10 do left:receive() end print(sum, time.now():sub(start):seconds() <= 3)"
    assert run(source) == "65\ttrue\n"


def test_a_limit_ends_a_call_that_waits_in_a_library(lane: Make) -> None:
    """The call ends at the limit of the guest's entry, also where the library swallows what it is told, and the next one works."""
    body = "if v == 1 then time.sleep('1h') elseif v == 2 then while true do pcall(time.sleep, '1h') end end return v"
    run = shop(lane, f"return {{u = function(v) {body} end}}", "time", ", limits: {max_execution_ms: 50}")
    source = "for i = 1, 3 do local v, e = funcs.call('t:u', i) print(v, e and e:kind(), e and e:message()) end"
    late = "Timeout\tu: took longer than its limit of 50 ms"
    assert run(source) == f"nil\t{late}\nnil\t{late}\n3\tnil\tnil\n"


@pytest.mark.parametrize("body", [
    "while true do end",
    "while true do pcall(function() while true do end end) end",
    "time.sleep(1) while true do end",
    "local co = coroutine.wrap(function() while true do end end) co()",
    "coroutine.spawn(function() while true do end end) time.sleep('1h')",
])  # fmt: skip
def test_a_limit_ends_a_library_that_computes(lane: Make, body: str) -> None:
    """Under a limit a library is interpreted and ends where it computes; the next call works, and what has no limit is as it was."""
    source = f"return {{u = function(v) if v == 1 then {body} end return v end}}"
    run = shop(lane, source, "time", ", limits: {max_execution_ms: 60}", (), "system")
    text = run("for i = 1, 2 do local v, e = funcs.call('t:u', i) print(v, e and e:kind(), e and e:message()) end")
    first, second = text.splitlines()
    assert first.startswith("nil\tTimeout\t")
    assert first.endswith("u: took longer than its limit of 60 ms")
    assert second == "2\tnil\tnil"


def test_a_limit_is_that_of_its_own_call(lane: Make) -> None:
    """Others that compute while a guest under a limit waits in its library are not ended by that."""
    body = "return {u = function(v) for i = 1, 2 do time.sleep('1h') end return v end}"
    run = shop(lane, body, "time", ", limits: {max_execution_ms: 30}", (), "system")
    source = "coroutine.spawn(function() print(select(2, funcs.call('t:u', 1)):kind()) end) time.sleep('5ms') " \
        "local start, n = time.now(), 0 while time.now():sub(start):milliseconds() < 60 do n = n + 1 end print('fine') time.sleep('5ms')"
    assert sorted(run(source).split()) == ["Timeout", "fine"]


def test_what_a_library_spawns_under_a_limit_ends_with_its_call(lane: Make) -> None:
    """It harms the script that made the call neither then nor when the limit would have passed."""
    source = "return {u = function(v) coroutine.spawn(function() time.sleep('10ms') print('late') end) time.sleep(v) return v end}"
    run = shop(lane, source, "time", ", limits: {max_execution_ms: 50}")
    assert run("print(funcs.call('t:u', 0)) print(funcs.call('t:u', 5)) time.sleep('2s') print('fine')") == "0\n5\nfine\n"


def test_a_limit_ends_what_the_library_has_called(lane: Make) -> None:
    """A guest that a library has called, and that waits, ends with the call that it was called for; no instance is left."""
    more = (f"name: inner, kind: function.wat, source: file://guest.wat, method: u, imports: [{{'{INTERFACE}': deep}}]",
            "name: deep, kind: library.lua, modules: [time], source: \"return {u = function(v) time.sleep('1h') end}\"")
    run = shop(lane, "return {u = function(v) return funcs.call('t:inner', v) end}", "funcs", ", limits: {max_execution_ms: 50}", more)
    assert run("local v, e = funcs.call('t:u', 1) print(v, e:kind())") == "nil\tTimeout\n"
    assert run.live() == 0


def test_a_call_that_waits_in_a_library_can_be_canceled(lane: Make) -> None:
    """Canceled, it ends in the library too, and the instance is gone."""
    run = shop(lane, "return {u = function(v) local ok = pcall(time.sleep, '1h') print('told', ok) error('over', 0) end}", "time")
    source = "local f = funcs.async('t:u', 1) time.sleep('1s') f:cancel() time.sleep('1s') print(f:is_canceled())"
    assert run(source) == "told\tfalse\ntrue\n"
    assert run.live() == 0


def test_a_canceled_call_raises_where_it_waits(lane: Make) -> None:
    """The script that made the call is told so by an error, as of any call that waits, and not by a value."""
    run = shop(lane, "return {u = function(v) time.sleep('1h') end}", "time")
    source = "local co = coroutine.spawn(function() local ok, e = pcall(funcs.call, 't:u', 1) print(ok, e:kind()) end) " \
        "time.sleep('1s') coroutine.cancel(co) time.sleep('1s')"
    assert run(source) == "false\tCanceled\n"


@pytest.mark.parametrize("pool", ["inline", "lazy, max_size: 2", "static, size: 2, workers: 2", "adaptive", "lazy, reuse: false"])
def test_imports_are_answered_whatever_the_pool(lane: Make, pool: str) -> None:
    """Values, errors and waits are the same for all types of pools."""
    body = "if v % 3 == 0 then error('three', 0) end if v % 3 == 1 then time.sleep('1ms') end return v * 2"
    run = shop(lane, f"return {{u = function(v) {body} end}}", "time", f", pool: {{type: {pool}}}")
    source = "local got = {} all(9, function(i) local v, e = funcs.call('t:u', i) got[i] = tostring(v or e) end) time.sleep('1s') " \
        "print(table.concat(got, ' '))"
    assert run(source) == "2 4 three 8 10 three 14 16 three\n"


def test_a_library_calls_the_entry_that_it_answers(lane: Make) -> None:
    """Called back, an entry with room for one instance gives a second one its turn, and a chain without end is ended."""
    body = "if v > 3 then return v end return (funcs.call('t:u', v + 1))"
    run = shop(lane, f"return {{u = function(v) {body} end}}", "funcs", ", pool: {type: lazy, max_size: 1}")
    assert run("print(funcs.call('t:u', 1))") == "4\n"
    run = shop(lane, "return {u = function(v) local n, e = funcs.call('t:u', v + 1) if e then error(e) end return n end}", "funcs")
    assert run("print(select(2, funcs.call('t:u', 1)))") == "guests call each other more than 100 levels deep\n"


def test_what_a_library_does_outside_of_lua_is_done_on_the_lanes_stack(tmp_path: Path) -> None:
    """The digests of Python, for one, are asked for in the midst of a guest's call; those that Lua makes itself cost no such turn."""
    source = "local n = 0 return {s = function(v) n = n + 1 return hash.sha512(v):sub(1, 8) .. n end}"
    lib = entry("lib", "library.lua", modules=["hash"], source=source)
    guest = f"name: s, kind: function.wat, source: file://guest.wat, method: s, {SHOP}"
    with opened(tmp_path, lib, guest, files={"guest.wat": GUEST}) as project:
        assert [project.call("t:s", "abc") for _ in range(3)] == ["ddaf35a11", "ddaf35a12", "ddaf35a13"]


def test_a_library_that_yields_outside_a_coroutine_is_told_so(lane: Make) -> None:
    """The call ends with a sentence, inside a coroutine of the caller's too."""
    run = shop(lane, "return {u = function(v) return coroutine.yield(v) end}")
    text = run("print(select(2, funcs.call('t:u', 1))) print(coroutine.wrap(function() return select(2, funcs.call('t:u', 1)) end)())")
    assert text.count("coroutine.yield") == 2
    assert text.count("\n") == 2


def test_one_function_is_answered_by_a_function_of_any_kind(lane: Make) -> None:
    """A function that the world imports by itself is what `funcs.call` would call; an error of it ends the call or is the err side."""
    text = wat("one_function_is_answered_by_a_function_of_any_kind")
    double = "(module (func (export \\\"double\\\") (param i32) (result i32) (i32.shl (local.get 0) (i32.const 1))))"
    more = (
        f"name: double, kind: function.wat, method: double, wit: 'double: func(a: u32) -> u32;', source: \"{double}\"",
        "name: lua, kind: function.lua, source: 'return function(v) if v > 5 then return nil, \"too much\" end return v * 3 end'",
    )
    run = lane({"wat": "method: u, imports: [price-of: double]", "lua": "method: u, imports: [price-of: 't:lua_price']"}, text, "test", (
        more[0], more[1].replace("name: lua", "name: lua_price"),
    ))  # fmt: skip
    assert run("print(funcs.call('t:wat', 4)) print(funcs.call('t:lua', 4)) print(funcs.call('t:lua', 6))") == "8\n12\nnil\ttoo much\n"


def test_a_library_is_asked_while_the_guest_is_made(lane: Make) -> None:
    """A start function may call a library; where that waits, the instance can't be made, and the error says so."""
    text = wat("a_library_is_asked_while_the_guest_is_made", INTERFACE=INTERFACE)
    run = lane({"u": f"method: u, {SHOP}"}, text, "test", library("return {u = function(v) return v * 2 end}"))
    assert run("print(funcs.call('t:u', 2))") == "42\n"
    run = lane({"u": f"method: u, {SHOP}"}, text, "test", library("return {u = function(v) time.sleep(1) return v end}", "time"))
    assert run("print(select(2, funcs.call('t:u', 2)))") == (
        "t:t/host#u waits, or calls a function, while its guest is made, where a guest may not wait\n"
    )
    run = lane({"u": f"method: u, {SHOP}"}, text, "test", library("return {u = function(v) error('no', 0) end}"))
    assert run("print(select(2, funcs.call('t:u', 2)))") == "no\n"
