"""Calls of async functions: many in one instance, imports that Lua answers later, streams from Lua and to Lua, cancellation."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.projects import folder, opened, write
from tests.texts import texts

lua, wat = texts(__file__)

GUEST = (Path(__file__).parent / "streams.wat").read_text()
LIBRARY = """
- name: lib
  kind: library.lua
  modules: [channel]
  source: |
    local channel = require 'channel'
    local gate = channel.new(0)
    return {
      later = function(n)
        if n == 0 then gate:close() return 'opened' end
        if n == 1000 then gate:receive() end
        if n == 1001 then error 'no such value' end
        return 'value ' .. n
      end,
    }
"""
ENTRIES = [
    f'name: {name}, kind: function.wat, source: "file://streams.wat", method: {name}, imports: [{{later: "t:lib"}}]'
    for name in ("echo", "count", "ask")
]


def run(tmp_path: Path, script: str) -> None:
    with opened(tmp_path, *ENTRIES, LIBRARY, {**folder(), "mode": "0777"}, files={"streams.wat": GUEST}) as project:
        project.run_script(f"local funcs, channel = require('funcs').new(), require 'channel'\n{script}")


def test_many_calls_wait_in_one_instance(tmp_path: Path) -> None:
    """Each waits for its import and gets its own answer, though all are of one instance, of which one is made."""
    run(
        tmp_path,
        lua("many_calls_wait_in_one_instance"),
    )


@pytest.mark.parametrize(
    ("given", "count"),
    [
        ("('x'):rep(5000)", 5000),
        ("''", 0),
        ("{1, 2, 255}", 3),
        ("(function() local n = 0 return function() n = n + 1 if n <= 10 then return ('y'):rep(n) end end end)()", 55),
        ("(function() local c = channel.new(2) c:send('ab') c:send('c') c:close() return c end)()", 3),
        ("assert(funcs:call('t:echo', 'passed on'))", 9),
    ],
    ids=["string", "empty", "sequence", "function", "channel", "stream"],
)
def test_what_stands_for_a_stream(tmp_path: Path, given: str, count: int) -> None:
    """Strings, sequences, iterator functions, channels, and streams of guests."""
    run(tmp_path, f"local n, err = funcs:call('t:count', {given}) assert(n == {count}, tostring(n) .. tostring(err))")


def test_what_does_not_is_refused(tmp_path: Path) -> None:
    """In a sentence that says what would."""
    run(
        tmp_path,
        lua("what_does_not_is_refused"),
    )


def test_a_stream_of_a_guest_is_read(tmp_path: Path) -> None:
    """In pieces, by lines, by a channel; and what is left is known to nobody once it is closed."""
    run(
        tmp_path,
        lua("a_stream_of_a_guest_is_read"),
    )


def test_a_call_that_is_canceled_ends_alone(tmp_path: Path) -> None:
    """The guest is told, and its instance serves the others."""
    run(
        tmp_path,
        lua("a_call_that_is_canceled_ends_alone"),
    )


def test_an_import_that_raises_ends_the_instance(tmp_path: Path) -> None:
    """Its call fails with the error of the library, and the next has another instance."""
    run(
        tmp_path,
        """
        local value, err = funcs:call('t:ask', 1001)
        assert(value == nil and err:message():find 'no such value', tostring(err))
        assert(funcs:call('t:ask', 3) == 'value 3')
        """,
    )


def test_a_component_that_imports_nothing_of_the_lane(tmp_path: Path) -> None:
    """Its tasks are driven all the same, and one that gives no result is a trap."""
    text = wat("a_component_that_imports_nothing_of_the_lane")
    with opened(tmp_path, "name: f, kind: function.wat, method: f, source: file://f.wat", files={"f.wat": text}) as project:
        project.run_script(
            """
            local value, err = funcs.call('t:f')
            assert(value == nil and err:message():find 'failed to produce a result', tostring(err))
            """
        )


def test_a_file_is_a_stream(tmp_path: Path) -> None:
    """What is read of it passes."""
    run(
        tmp_path,
        """
        local folder = require('fs').get('t:here')
        assert(folder:writefile('x.txt', ('line\\n'):rep(50000)))
        assert(funcs:call('t:count', assert(folder:open('x.txt'))) == 250000)
        """,
    )


def test_annotations_have_streams(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parameters say what may be given, results what is got."""
    from moonwit.commands.types import command

    write(tmp_path, *ENTRIES, LIBRARY, files={"streams.wat": GUEST})
    monkeypatch.chdir(tmp_path)
    assert command([]) == 0
    written = "".join(path.read_text() for path in (tmp_path / ".moonwit" / "types").glob("*.lua"))
    assert 'fun(id: "t:echo", s: StreamSource): GuestStream?, Error?' in written


def test_values_of_several_cases_are_core_values(tmp_path: Path) -> None:
    """An option and a tuple with a result come back as they were given, where they cross as core values."""
    entries = [f'name: {name}, kind: function.wat, source: "file://variants.wat", method: {name}' for name in ("option", "pair")]
    with opened(tmp_path, *entries, files={"variants.wat": (Path(__file__).parent / "variants.wat").read_text()}) as project:
        project.run_script(lua("values_of_several_cases"))


def test_an_instance_serves_as_many_calls_as_its_pool_says(tmp_path: Path) -> None:
    """Two instances that serve three calls each have six at once, and no more."""
    library = 'name: lib, kind: library.lua, modules: [time], source: "file://lib.lua"'
    entry = 'name: ask, kind: function.wat, source: "file://streams.wat", method: ask, imports: [{later: "t:lib"}]'
    files = {"streams.wat": GUEST, "lib.lua": lua("counting")}
    with opened(tmp_path, library, f"{entry}, pool: {{max_size: 2, concurrency: 3}}", files=files) as project:
        project.run_script(lua("concurrency"))
