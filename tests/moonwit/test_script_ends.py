"""How scripts end and what they read: exit statuses, failures that are returned, the standard streams, variables that are granted."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import time

import pytest

from tests.texts import texts

lua, _ = texts(__file__)


@pytest.fixture
def run(moonwit, write):
    """Runs the text of a script."""

    def run(text, *arguments, **more):
        write("script.lua", text)
        return moonwit("run", "script.lua", *arguments, **more)

    return run


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("", 0), ("return", 0), ("return 0", 0), ("return 7", 7), ("return 255", 255), ("return 256", 255), ("return -1", 255),
        ("return 1.5", 0), ("return true", 0), ("return false", 1), ("return 'text'", 0), ("return {}", 0), ("return 3, 'more'", 3),
        ("os.exit()", 0), ("os.exit(true)", 0), ("os.exit(false)", 1), ("os.exit(9)", 9),
        ("pcall(os.exit, 4) error('went on')", 4),
        ("xpcall(os.exit, function() return 1 end, 5) error('went on')", 5),
        ("coroutine.wrap(function() os.exit(6) end)() error('went on')", 6),
        ("coroutine.resume(coroutine.create(os.exit), 7) error('went on')", 7),
        ("coroutine.spawn(os.exit, 8) time.sleep('1h')", 8),
        ("table.sort({1, 2, 3}, function() os.exit(10) end)", 10),
        ("(''):gsub('', function() os.exit(11) end)", 11),
        ("setmetatable({}, {__index = function() os.exit(12) end}).x()", 12),
        ("coroutine.spawn(function() pcall(time.sleep, '1h') end) time.sleep(0) os.exit(13)", 13),
    ],
)  # fmt: skip
def test_exit_statuses(run, text, status):
    """A returned whole number is the exit status, and os.exit ends the script wherever it is called."""
    result = run(f"do {text} end" if text.startswith("return") else text or "local x")
    assert (result.returncode, result.stderr) == (status, "")


def test_what_was_printed_before_an_exit_is_kept(run):
    """Output is flushed."""
    result = run("io.write('a') print('b') os.exit(3)")
    assert (result.stdout, result.returncode) == ("ab\n", 3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("return nil, 'no luck'", "no luck"),
        ("return false, 'no luck'", "no luck"),
        ("return nil, errors.new('bad')", "script.lua:1: bad"),
        ("return funcs.call('app:f')", "there is no function `app:f`"),
    ],
)
def test_a_returned_error_is_a_failure(run, text, message):
    """`return nil, err` prints the error and exits with 1."""
    result = run(text)
    assert result.returncode == 1
    assert result.stderr.startswith(f"moonwit: {message}")


@pytest.mark.parametrize("text", ["return nil", "return nil, 5", "return ('x'):gsub('y', 'z')", "return channel.new(0), 'text'"])
def test_other_second_values_are_none(run, text):
    """What is not an error, or comes behind a value, does not fail."""
    assert run(text).returncode == 0


@pytest.mark.parametrize("value", ["-1", "256", "1.5", "'1'", "{}", "0/0"])
def test_a_wrong_status_is_said(run, value):
    """os.exit takes what a system can pass on."""
    assert "os.exit: expected a whole number from 0 to 255, true or false, got" in run(f"\nos.exit({value})").stderr


def test_an_entry_ends_its_call_by_os_exit(moonwit, write):
    """Its value is the status, and the caller goes on; as a command the process has it."""
    write(
        "_index.yaml",
        """
version: "1.0"
namespace: app
entries:
  - {name: f, kind: function.lua, source: 'return function(n) pcall(os.exit, n) error("went on") end'}
  - name: p
    kind: process.lua
    meta: {command: {name: leave}}
    source: 'return function(n) coroutine.wrap(os.exit)(tonumber(n)) end'
  - name: q
    kind: process.lua
    meta: {command: {name: quit}}
    source: 'return function(n) coroutine.spawn(os.exit, 5) coroutine.spawn(coroutine.spawn, error) channel.new():receive() end'
""",
    )
    result = moonwit("run", write("s.lua", "print(funcs.call('app:f', 3)) return 4"))
    assert (result.stdout, result.stderr, result.returncode) == ("3\n", "", 4)
    assert moonwit("run", "leave", "6").returncode == 6
    assert moonwit("run", "quit").returncode == 5


def test_standard_input_is_read_by_formats(run):
    """Lines with and without their ends, numbers, bytes, and the rest; nil at the end, and then again."""
    text = """
        print(io.read()) print(io.read 'L') print(io.read('n', 'n', 'l')) print(io.read(3), io.read(0), #io.read(100000))
        print(io.stdin:read '*l', io.readline()) print(#io.read 'a', io.read 'a', io.read(), io.read(0), io.read(1))"""
    given = "one\ntwo\n 12 -1.5e1 rest\n" + "abc" + "x" * 100000 + "four\n\n" + "y" * 300000
    assert run(text, input=given).stdout == "one\ntwo\n\n12\t-15\t rest\nabc\t\t100000\nfour\t\n300000\t\tnil\tnil\tnil\n"


def test_lines_of_standard_input(run):
    """`io.lines` gives each line, an empty one and one without an end too."""
    assert run("for line in io.lines() do io.write('[', line, ']') end", input="a\n\nlast").stdout == "[a][][last]"
    assert run("for line in io.stdin:lines('L') do io.write('[', line, ']') end", input="a\nb").stdout == "[a\n][b]"


def test_tasks_read_in_turn(write):
    """A line that comes in pieces is one task's, and what a canceled task has read of one is the next one's."""
    path = write(
        "s.lua",
        lua("tasks_read_in_turn"),
    )
    with subprocess.Popen(
        [sys.executable, "-m", "moonwit", "run", path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        process.stdin.write("be")
        process.stdin.flush()
        assert process.stdout.readline() == "true\n"
        for piece in ("gin", "s\nfi", "r", "st\nsec", "ond\nla", "st"):
            process.stdin.write(piece)
            process.stdin.flush()
            deadline = time.monotonic() + 60
            # Each piece has been taken before the next comes.
            while struct.unpack("i", fcntl.ioctl(process.stdin, termios.FIONREAD, bytes(4)))[0] and time.monotonic() < deadline:
                time.sleep(0.001)
        assert process.communicate(timeout=120)[0] == "begins,first,second,last\n"


def test_waiting_for_input_lets_others_run(write):
    """A script that reads from a pipe holds nobody: what it has spawned goes on, and may even be what the input waits for."""
    path = write(
        "s.lua",
        """
        coroutine.spawn(function() for i = 1, 3 do time.sleep('1ms') io.write('tick\\n') io.flush() end end)
        print('got ' .. io.read())""",
    )
    with subprocess.Popen(
        [sys.executable, "-m", "moonwit", "run", path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        # What stands here is written only after the ticks were seen: a lane that were held would never print them.
        assert [process.stdout.readline() for _ in range(3)] == ["tick\n"] * 3
        out, _ = process.communicate("now\n", timeout=120)
    assert (out, process.returncode) == ("got now\n", 0)


def test_a_terminal_is_read_line_by_line(write):
    """What is typed comes when its line is finished."""
    path = write("s.lua", "io.write('name? ') io.flush() print('hello ' .. io.read())")
    main, other = pty.openpty()
    with subprocess.Popen([sys.executable, "-m", "moonwit", "run", path], stdin=other, stdout=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stdout.read(6) == "name? "
        os.write(main, b"Ada\n")
        assert process.communicate(timeout=120)[0] == "hello Ada\n"
    os.close(main)
    os.close(other)


def test_output_and_errors(run):
    """io.write and the streams write what they are given, io.print and io.eprint as print does, in one order with print."""
    result = run("""
        print 'a' io.write('b', 1, ' ', 2.5, '\\n') io.stdout:write('c'):write('d\\n') io.print('e', nil)
        io.stderr:write('x', 'y\\n') io.eprint('z', nil, true)
        print(io.type(io.stdin), io.type(5), (io.open 'x'), tostring(io.stdout))""")
    assert result.stdout == "a\nb1 2.5\ncd\ne\tnil\nfile\tnil\tnil\tstandard output\n"
    assert result.stderr == "xy\nz\tnil\ttrue\n"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("io.write({})", "script.lua:1: io.write: expected a string or a number as value 1, got a table"),
        ("io.stdout:write(nil)", "script.lua:1: stream:write: expected a string or a number as value 1, got nil"),
        ("io.read('x')", "script.lua:1: io.read: expected 'l' (a line, the default)"),
        ("io.stdin:write('x')", "script.lua:1: stream:write: nothing can be written to standard input"),
        ("io.stdout:read()", "script.lua:1: stream:read: nothing can be read from standard output"),
        ("io.lines('file.txt')", "script.lua:1: io.lines: only standard input can be read"),
        ("io.stdout:seek()", "script.lua:1: a standard stream has no method 'seek'"),
        ("assert(io.open('f'))", "script.lua:1: io.open: scripts open files below a folder"),
    ],
)
def test_misuse_is_blamed_on_the_script(run, text, sentence):
    """The sentence names the script's line."""
    assert run(text).stderr.startswith(f"moonwit: {sentence}")


def test_variables_are_those_that_are_granted(moonwit, write, monkeypatch):
    """--env grants a script a variable by value or the host's own; a project's are found by name; nothing else is."""
    monkeypatch.setenv("MINE", "host")
    monkeypatch.setenv("SECRET", "hidden")
    path = write("s.lua", "print(os.getenv 'A', os.getenv 'MINE', os.getenv 'SECRET', os.getenv 'PATH', os.getenv 'B')")
    assert moonwit("run", "--env", "A=1=2", "--env=MINE", path).stdout == "1=2\thost\tnil\tnil\tnil\n"
    assert moonwit("run", path).stdout == "nil\tnil\tnil\tnil\tnil\n"
    write(
        "_index.yaml",
        """
version: "1.0"
namespace: app
entries:
  - {name: store, kind: env.storage.memory}
  - {name: b, kind: env.variable, variable: B, storage: app:store, default: of the project}
  - {name: with, kind: function.lua, modules: [env], source: 'return function() return os.getenv("B") end'}
  - {name: without, kind: function.lua, source: 'return function() return os.getenv("B") or "none" end'}
""",
    )
    assert moonwit("run", path).stdout == "nil\tnil\tnil\tnil\tof the project\n"
    assert moonwit("run", "--env", "B=command line", path).stdout == "nil\tnil\tnil\tnil\tcommand line\n"
    assert moonwit("call", "app:with").stdout == '"of the project"\n'
    assert moonwit("call", "app:without").stdout == '"none"\n'


def test_grants_are_for_scripts_and_programs(moonwit, write):
    """--dir is not for scripts, --env not for functions."""
    assert "--dir is for a program in a file" in moonwit("run", "--dir", ".", write("s.lua", "return")).stderr
    assert "--env is for a script or a program" in moonwit("run", "--env", "A=1", "app:f").stderr
