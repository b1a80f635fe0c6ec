"""The session in a real terminal: what is typed, and what the screen shows."""

import re
import time
from pathlib import Path

import pytest


def rows(text: str) -> list[str]:
    """The lines of a screen."""
    return text.split("\n")


def test_start(repl):
    """It names the version, the project and the number of functions, and asks."""
    first, second, third = rows(repl.text)[:3]
    assert re.match(r"moonwit \d+\.\d+\.\d+, project project, 6 functions$", first)
    assert second == ":help explains, Tab completes, Ctrl-D leaves"
    assert third == "[1]>"


def test_moonwit_alone(start, tmp_path):
    """`moonwit` alone on a terminal is a session, also outside of a project."""
    import subprocess
    import sys

    terminal = start("repl", cwd=tmp_path)
    assert "no project" in terminal.until("[1]>")
    code = "import sys; from moonwit.__main__ import main; sys.exit(main([]))"
    alone = type(terminal)([sys.executable, "-c", code], tmp_path, {**__import__("os").environ, "TERM": "xterm"})
    try:
        alone.until("[1]>")
        alone.send("\x04")
        assert alone.ended() == 0
    finally:
        alone.close()
    assert subprocess.run([sys.executable, "-m", "moonwit"], stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 2


def test_expressions_and_statements(repl):
    """An expression shows its values, a statement runs, `_` is the last value, a local lives on."""
    repl.enter("1 + 1")
    repl.enter("local x = 20")
    repl.enter("x + 1, _")
    repl.enter("y = _ * 2")
    assert rows(repl.enter("y"))[2:] == [
        "[1]> 1 + 1",
        "2",
        "[2]> local x = 20",
        "[3]> x + 1, _",
        "21, 2",
        "[4]> y = _ * 2",
        "[5]> y",
        "42",
        "[6]>",
    ]


def test_locals_are_shared_with_closures(repl):
    """A local of an earlier input is the variable that closures captured, and a new one of the name is another."""
    repl.enter("local n = 0 function inc() n = n + 1 return n end")
    repl.enter("inc() + inc()")
    assert "\n2\n" in repl.enter("n")
    repl.enter("local n = 'new'")
    assert rows(repl.enter("inc(), n"))[-2] == '3\n"new"'.split("\n")[1]


def test_an_unfinished_input_goes_on(repl):
    """Blocks, strings and brackets that are open go on in the next line, set in; the end is set out."""
    repl.send("for i = 1, 2 do\rif i == 2 then\rprint('two')\relse\rprint('one')\rend\rend\r")
    repl.prompt(2)
    assert rows(repl.text)[2:] == [
        "[1]> for i = 1, 2 do",
        "   >   if i == 2 then",
        "   >     print('two')",
        "   >   else",
        "   >     print('one')",
        "   >   end",
        "   > end",
        "one",
        "two",
        "[2]>",
    ]
    repl.send("[[a\rb]]\r")
    assert '"a\\nb"' in repl.prompt(3)


def test_a_mistake_is_told_at_once(repl):
    """What can't become a chunk is a syntax error with its place."""
    assert "error: [1]:1: '=' expected near 'y'" in repl.enter("x y")


def test_paste(repl):
    """A pasted script is one input, whatever lines it has."""
    script = "local total = 0\nfor i = 1, 3 do total = total + i end\n\nlocal function twice(n)\n  return n * 2\nend\nprint(twice(total))"
    repl.send(f"\x1b[200~{script}\x1b[201~")
    repl.until("print(twice(total))")
    repl.enter("")
    assert "\n12\n" in repl.text
    assert "\n6\n" in repl.enter("total")


def test_history(start, tmp_path):
    """What was typed is there in the next session: by the arrow, by a search, and as a suggestion."""
    first = start()
    first.until("[1]>")
    first.enter("marker = 12345")
    first.enter("other = 1")
    first.send("\x04")
    assert first.ended() == 0
    assert (tmp_path / "state" / "moonwit" / "repl_history").stat().st_mode & 0o077 == 0
    second = start()
    second.until("[1]>")
    second.send("\x1b[A")
    second.until("[1]> other = 1")
    second.send("\x03")
    second.until(lambda text: "other" not in text)
    second.send("\x12mark")
    second.until("marker = 12345")
    second.send("\r")
    second.until("[1]> marker = 12345")
    second.send("\x03")
    second.until(lambda text: "marker" not in text)
    second.send("mar")
    second.until("[1]> marker = 12345")  # the rest of it is a suggestion
    second.send("\x1b[C\r")
    second.prompt(2)
    assert "\n12345\n" in second.enter("marker")


def test_vi_keys(repl):
    """`:keys vi` edits with vi's keys."""
    repl.enter(":keys vi")
    repl.send("xyz\x1b")
    time_out = time.monotonic() + 60
    while "[2]> x+1" not in repl.text:  # Escape alone takes a moment to be told from a key that begins with it
        assert time.monotonic() < time_out
        repl.send("ccx+1")
        repl.read(1)
        repl.send("\x1b")
        repl.read(1)
    assert "[2]> x+1" in repl.text


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ("{1, 2, a = {b = true}}", "{1, 2, a = {b = true}}"),
        ("{b = 1, a = 2, [3] = 'x', ['a b'] = 0}", '{[3] = "x", a = 2, ["a b"] = 0, b = 1}'),
        ("1ULL, 2^53, 0.1, -0, 1/0", "1ULL, 9007199254740992, 0.1, -0, inf"),
        ("'a\\n\\255\\0'", '"a\\n\\xff\\0"'),
        ("wit.some(wit.none)", "some(none)"),
        ("channel.new(3)", "channel (0 of 3)"),
        ("time.parse_duration('90s')", "1m30s"),
        ("function(a, ...) end", "function(a, ...) at [1]:1"),
        ("setmetatable({}, {__tostring = function() return 'shape' end})", "shape"),
        ("setmetatable({}, {__tostring = function() error('no') end})", "{}"),
        ("(function() local t = {} t.t = {t} return t end)()", "{t = {<the table 2 levels up>}}"),
        ("{{{{{{{1}}}}}}}", "{{{{{{...}}}}}}"),
        ("funcs.call('demo:big')", "18446744073709551615ULL"),
        ("funcs.async('demo:answer')", "future (complete)"),
        ("nil", "nil"),
    ],
)
def test_values(repl, expression, shown):
    """Values show as what they are, keys in a stable order."""
    assert rows(repl.enter(expression))[3:-1] == [shown]


def test_large_values(repl):
    """A table of 100,000 elements and a string of 10 MB are cut, with how much there is, at once."""
    repl.enter("t = {} for i = 1, 1e5 do t[i] = i end")
    assert "... 99,940 more" in repl.enter("t")
    shown = repl.enter("('x'):rep(10 * 2^20)")
    assert "... (10,485,760 bytes)" in shown
    repl.enter("k = {} for i = 1, 1e5 do k['key' .. i] = i end")
    shown = repl.enter("k")
    assert "  key10018 = 10018,\n  key10019 = 10019,\n  key1002 = 1002," in shown and "... 99,940 more" in shown


def test_show_pages(start, tmp_path):
    """`:show` gives a value as a whole to the pager."""
    pager = tmp_path / "pager"
    pager.write_text(f"#!/bin/sh\ncat > {tmp_path}/paged\n", encoding="utf-8")
    pager.chmod(0o755)
    repl = start(PAGER=str(pager), NO_COLOR="1")
    repl.until("[1]>")
    repl.enter("t = {} for i = 1, 3000 do t[i] = i end")
    repl.enter(":show t")
    repl.enter("done")
    assert Path(tmp_path / "paged").read_text(encoding="utf-8").endswith("2999, 3000\n}\n")


def test_errors(repl):
    """Errors show their kind, message, place, and the backtraces of Lua and of the guest; a wrong value its path."""
    assert "Internal: [1]:1: no\n  [1]:1: in the input" in repl.enter("error('no')")
    shown = repl.enter("funcs.call('demo:move', {x_axis = 1}, {x_axis = 1, y_axis = 2})")
    assert 'nil\nInvalid: move: parameter 1 (start: place): the field "y-axis" is missing\n  in entry demo:move' in shown
    shown = repl.enter("funcs.call('demo:crash')")
    assert "Internal: crash: wasm `unreachable` instruction executed\n  in entry demo:crash (crash)\n  in guest inner" in shown
    assert "Internal: a table was thrown\n  details: {code = 7}" in repl.enter("error({code = 7})")
    assert "Conflict: no\n  details: {" in repl.enter("errors.new{message = 'no', kind = 'Conflict', details = {1}}")


def test_how_long_it_took(repl):
    """An input that takes long says how long."""
    repl.times = True
    assert re.search(r"^took \d+ ms$|^took [\d.]+ s$", repl.enter("time.sleep('600ms')"), re.MULTILINE)
    assert "took" not in repl.enter(":keys emacs").split("[2]>")[-1]


def test_background(repl):
    """What was spawned goes on and prints above the prompt, while the user types, and the line stays whole."""
    repl.enter("coroutine.spawn(function() for i = 1, 8 do time.sleep('150ms') print('tick', i) end end)")
    for key in "local abc = 'typed meanwhile'":
        repl.send(key)
        repl.until(lambda text: "[2]> " in text)
    repl.until("tick    8")
    repl.until("[2]> local abc = 'typed meanwhile'")
    assert [line for line in rows(repl.text) if line.startswith("tick")] == [f"tick    {i}" for i in range(1, 9)]
    repl.enter("")
    assert '"typed meanwhile"' in repl.enter("abc")


def test_an_error_in_the_background(repl):
    """What fails in the background is told above the prompt."""
    repl.enter("coroutine.spawn(function() time.sleep('50ms') error('late') end)")
    shown = repl.until("Internal: [1]:1: late")
    assert "in what [1] had left running:" in shown


def test_much_output_from_the_background(repl):
    """Ten thousand lines from a background coroutine arrive while the user goes on."""
    repl.enter("coroutine.spawn(function() for i = 1, 10000 do print('line', i) if i % 100 == 0 then time.sleep(0) end end end)")
    repl.enter("6 * 7")
    assert b"42\r\n" in repl.seen  # it may have left the screen already
    repl.until(lambda _: b"line\t10000" in repl.seen)
    assert "[3]>" in repl.until("[3]>")


@pytest.mark.parametrize(
    "code",
    [
        "while true do end",
        "while true do pcall(function() while true do end end) end",
        "coroutine.wrap(function() while true do end end)()",
        "load('while true do end')()",
        "xpcall(error, function() while true do end end)",
        "while true do load(('x = 1 '):rep(20000)) end",
        "funcs.call('demo:spin')",
        "while true do funcs.call('demo:spin') end",
        "time.sleep('1000s')",
        "channel.new():receive()",
        "while true do pcall(time.sleep, '1000s') end",
        "while true do print('again', ('and '):rep(1000)) end",
        "setmetatable({}, {__tostring = function() while true do end end})",
    ],
)
def test_ctrl_c_stops(repl, code):
    """Ctrl-C stops whatever runs, soon, and the session goes on with what it had."""
    repl.enter("kept = 5")
    repl.send(f"{code}\r")
    repl.until(lambda text: "[2]>" in text and not repl.screen.display[repl.screen.cursor.y].startswith("[2]>"))
    begun = time.monotonic()
    repl.send("\x03")
    repl.until("interrupted")
    repl.prompt(3)
    assert time.monotonic() - begun < 30
    assert "\n5\n" in repl.enter("kept")
    assert "\n42\n" in repl.enter("(funcs.call('demo:answer'))")


def test_ctrl_c_stops_a_busy_background(repl):
    """A coroutine that an earlier input has left and that never waits holds up the next input, and Ctrl-C ends it."""
    repl.enter("coroutine.spawn(function() time.sleep('20ms') while true do end end)")
    repl.send("time.sleep('1000s')\r")
    repl.until(lambda _: not repl.screen.display[repl.screen.cursor.y].startswith("[2]>"))
    repl.computes(0.3)
    repl.send("\x03")
    repl.prompt(3)
    assert "\n2\n" in repl.enter("1 + 1")


def test_ctrl_c_clears_the_line(repl):
    """At the prompt Ctrl-C clears what is typed."""
    repl.send("garbage(")
    repl.until("garbage(")
    repl.send("\x03")
    repl.until(lambda text: "garbage" not in text)
    assert "\n2\n" in repl.enter("1 + 1")


def test_ctrl_d_leaves(repl):
    """Ctrl-D leaves with exit code 0 and the terminal as it was; so does `:quit`."""
    repl.send("\x04")
    assert repl.ended() == 0


def test_leaving_while_something_runs(repl):
    """What runs in the background does not hold up the end."""
    repl.enter("coroutine.spawn(function() time.sleep('20ms') while true do end end)")
    repl.send(":quit\r")
    assert repl.ended() == 0


def test_undefined_globals(repl):
    """An input that reads a global that is not there says so, with the one that was probably meant."""
    assert "nil\nnote: there is no global 'foo'\n" in repl.enter("foo")
    assert "note: there is no global 'prnt', did you mean 'print'?" in repl.enter("prnt(1)")
    assert "note" not in repl.enter("y = y or 5").split("[3]>")[1]


def test_a_guest_that_waits(start):
    """While a guest sleeps, coroutines go on; Ctrl-C ends the sleep, and the function works again."""
    repl = start("repl", cwd=Path(__file__).parents[3] / "examples" / "sleep")
    repl.until("[1]>")
    repl.send("coroutine.spawn(function() time.sleep('50ms') print('meanwhile') end); funcs.call('demo:sleep_ms', 1000000)\r")
    repl.until("\nmeanwhile")
    repl.send("\x03")
    repl.until("interrupted")
    repl.prompt(2)
    shown = repl.enter("(funcs.call('demo:sleep_ms', 5))")  # gives how long it took
    assert int(shown.splitlines()[-2]) >= 5


def test_too_much_memory(start):
    """An input that takes too much memory is stopped; the session goes on, and can set it free."""
    repl = start(MOONWIT_MEMORY="300")
    repl.until("[1]>")
    shown = repl.enter("t = {} while true do t[#t + 1] = ('x'):rep(1000) .. #t end")
    assert "error: the session takes more than 300 MiB of memory (MOONWIT_MEMORY), so this is stopped" in shown
    assert "interrupted" in shown
    assert "\n2\n" in repl.enter("1 + 1")
    repl.enter("t = nil collectgarbage()")
    assert "\ntrue\n" in repl.enter("collectgarbage('count') < 1e5")
