"""Completion and the toolbar, in a real terminal."""

import re
from pathlib import Path

import pytest

from moonwit.repl.editor.completion import keys_of


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("json.", ["encode", "decode", "null"]),
        ("string.f", ["find", "format"]),
        ("co", ["collectgarbage", "coroutine"]),
        ("funcs.call('demo:a", ["demo:add", "func(left: u32, right: u32) -> u32", "demo:answer", "func() -> s32"]),
        ("funcs.async(\"demo:", ["demo:spin", "demo:move"]),
        ("require('e", ["env", "errors"]),
        (":e", [":entries"]),
        (":", [":help", "explain a module", ":open"]),
        (":trace o", ["on", "off"]),
        (":keys ", ["emacs", "vi"]),
        (":inspect demo:a", ["demo:add", "demo:answer"]),
        ("print(time.RFC33", ["RFC3339", "RFC3339NANO"]),
        ("json.encode(1, { i", ["indent"]),
        ("funcs.new():with_options({ r", ["retry"]),
        ("time.now():fo", ["format"]),
        ("funcs.async('demo:answer'):is", ["is_complete", "is_canceled"]),
        ("('abc'):up", ["upper"]),
        ("string['f", ["find", "format"]),
    ],
)
def test_what_is_offered(repl, typed, names):
    """Globals, fields, ids with their signatures, modules and commands are offered."""
    repl.send(typed)
    repl.until(typed[-8:].strip())
    repl.send("\t")
    repl.until(lambda text: all(name in text for name in names))


def test_fields_of_the_users_values(repl):
    """Fields of tables and of what they inherit are offered, methods after a colon, and locals; no code of the user's runs."""
    repl.enter("Shape = {area = function(self) end, sides = 4} Shape.__index = Shape")
    repl.enter("local square = setmetatable({color = 'red'}, Shape)")
    repl.enter("trap = setmetatable({}, {__index = function() print('RAN') end, __len = function() print('RAN') end})")
    repl.send("square.\t")
    repl.until(lambda text: re.search(r"\[4\].*\n +area +function *\n +color +string *\n +sides +number", text) is not None)
    repl.send("\x03")
    repl.until(lambda text: "[4]> square" not in text)
    repl.send("square:a\t")
    repl.until("[4]> square:area")
    repl.send("\x03")
    repl.until(lambda text: "[4]> square" not in text)
    repl.send("trap.\t")
    repl.send("x")
    repl.until("[4]> trap.x")
    assert "\nRAN" not in repl.text


def test_methods_of_objects(repl):
    """The methods of futures, channels and errors are offered after a colon."""
    repl.enter("f = funcs.async('demo:answer')")
    repl.send("f:\t")
    repl.until(lambda text: "await" in text and "is_complete" in text and "cancel" in text)
    repl.send("\x03")
    repl.until(lambda text: "[2]> f:" not in text)
    repl.enter("e = errors.new('x')")
    repl.send("e:k\t")
    repl.until("[3]> e:kind")


def test_record_fields(repl):
    """Inside a table for a record its fields are offered with their types, at any depth."""
    repl.send("funcs.call('demo:move', {\t")
    repl.until(lambda text: "x_axis" in text and "y_axis" in text and "s32" in text)
    repl.send("\x03funcs.call('demo:move', {x_axis = 1}, {y_\t")
    repl.until("{y_axis =")


def test_files(repl, folder):
    """`:load` and `:open` complete names of files."""
    (folder / "script_one.lua").write_text("print('one')", encoding="utf-8")
    repl.send(":load scr\t")
    repl.until(":load script_one.lua")
    assert "\none\n" in repl.enter("")
    assert "error: the file nowhere.wasm" in repl.enter(":open nowhere.wasm")


def test_toolbar(repl):
    """Below the line stand the signature and the documentation of the call at the cursor."""
    repl.send("time.sleep(")
    repl.until("time.sleep(duration: string|number|Duration)  Waits; others go on.")
    repl.send("\x03funcs.call('demo:add', 1, ")
    repl.until("demo:add(left: u32, right: u32) -> u32")
    repl.send("\x03funcs.call('demo:answer'")
    repl.until("demo:answer() -> s32  What everybody asks for.")
    repl.send("\x03")
    repl.enter("function own(first, ...) end")
    repl.send("own(")
    repl.until("own(first, ...)  [1]:1")


def test_a_busy_lane_does_not_hold_up_completion(repl):
    """While something computes in the background, typing and Tab go on."""
    repl.enter("coroutine.spawn(function() time.sleep('20ms') while true do end end)")
    repl.send("whi\t")
    repl.until("[2]> while")
    repl.send("\x03funcs.call('demo:mo\t")
    repl.until("[2]> funcs.call('demo:move")


def test_brackets(repl):
    """The bracket at the cursor and its partner are marked."""
    repl.send("f(a, {1, ')'})")
    repl.until("f(a, {1, ')'})")
    row = repl.screen.cursor.y
    line = repl.screen.display[row]
    repl.until(lambda _: repl.screen.buffer[row][line.index("(")].bold and repl.screen.buffer[row][line.rindex(")")].bold)
    assert not repl.screen.buffer[row][line.index(")")].bold


def test_colors(repl):
    """Keywords, strings, numbers and comments have colors of their own; with NO_COLOR nothing has."""
    repl.send("return 'text', 12 -- note")
    repl.until("-- note")
    row = repl.screen.cursor.y
    line = repl.screen.display[row]
    seen = [repl.screen.buffer[row][line.index(part)].fg for part in ("return", "'text'", "12", "-- note")]
    assert len(set(seen)) == 4


def test_no_colors(start):
    """With NO_COLOR nothing is colored."""
    repl = start(NO_COLOR="1")
    repl.until("[1]>")
    repl.enter("{1, 'a', {b = nil}}")
    repl.enter("error('x')")
    colors = {cell.fg for row in repl.screen.buffer.values() for cell in row.values()}
    assert colors == {"default"}


def test_methods_of_resources(start):
    """A handle's methods are those of its resource, with their signatures; `help` lists them."""
    repl = start("repl", cwd=Path(__file__).parents[3] / "examples" / "resources")
    repl.until("[1]>")
    repl.enter("h = funcs.call('demo:new_index', 'a')")
    shown = repl.enter("help(h)")
    assert "text-index handle 1: a resource text-index\n  :name: func() -> string\n" in shown
    repl.send("h:sh\t")
    repl.until("[3]> h:shared_words")


@pytest.mark.parametrize(
    ("type", "keys"),
    [
        ("{indent?: integer|string}", [("indent", "integer|string")]),
        ("{a: {x: 1, y: 2}, b?: fun(c: integer, d: string): e}", [("a", "{x: 1, y: 2}"), ("b", "fun(c: integer, d: string): e")]),
        ("{[string]: integer}", []), ("table", []), ("{", []), ("string|{kind?: string}", [("kind", "string")]),
    ],
)  # fmt: skip
def test_keys_of_option_tables(type, keys):
    """They are read from annotations."""
    assert list(keys_of(type)) == keys
