"""The session's parts by themselves: tokens, what is finished, places of the cursor, and how values are laid out."""

import time

import pytest

from moonwit.lexer import closes, depth, partner, tokens
from moonwit.repl.editor.context import context, target
from moonwit.repl.session.chunks import Compiler, Mistake, is_command
from moonwit.repl.session.values import Layout, quoted, read


@pytest.mark.parametrize(
    "text",
    ["", "local x = 1 -- c", "'a\\'b' \"c", "[==[ ]] ]==] --[[ x ]] y", "[[", "--[[", "0x1p4 3ULL 1..2", "\x00\xff é ~ @", "a.b:c'x'{}"],
)
def test_tokens_are_the_text(text):
    """Tokens cover any text without a gap."""
    found = tokens(text)
    assert "".join(token.text for token in found) == text
    assert [token.start for token in found] == [sum(len(before.text) for before in found[:number]) for number in range(len(found))]


@pytest.mark.parametrize(
    ("text", "finished"),
    [
        ("x = 1", True),
        ("f(", False),
        ("'abc", True),
        ("'abc\\", False),
        ("[[abc", False),
        ("--[[ note", False),
        ("if x then", False),
        ("x = ", False),
        ("x = = 1", True),
        ("end", True),
        ("= 5", True),
        ("function f(a, b)", False),
        ("return", True),
        ("{", False),
        ("{1,", False),
        ("1 +", False),
        ("= 1 +", False),
        ("1,", False),
        (";", True),
        ("::again::", True),
        ("#!/usr/bin/env lua\nprint(1)", True),
    ],
)
def test_finished(text, finished):
    """A text is unfinished when more of it could mend it."""
    compiler = Compiler()
    try:
        compiler.chunk(text)
        assert finished
    except Mistake as mistake:
        assert mistake.finished == finished


def test_commands_and_labels():
    """A colon begins a command, two begin a label in Lua."""
    assert is_command(":help") and is_command(":")
    assert not is_command("::label::") and not is_command("x:y()")


def test_indentation():
    """Open blocks are counted, those in strings and comments are not."""
    assert depth("for i = 1, 2 do if x then") == 2
    assert depth("if x then y() elseif z then") == 1
    assert depth("'do do' -- do\nf({") == 2
    assert depth("end end") == 0
    assert closes("  end)") and closes("else") and not closes("ending()")
    assert partner("f({')'})", 1) == 7
    assert partner("(]", 0) is None


def test_places():
    """The call, the argument and the names at the cursor are found."""
    where = context("x = funcs.call('a:b', {1, 2}, {name = ")
    assert where.call is not None and (target(where.call), where.call.index) == ("a:b", 2)
    assert (where.frames[-1].opener, where.frames[-1].key) == ("{", "name")
    assert context("a.b:c").path == ("a", "b")
    assert (context("a.b:c").method, context("a.b:c").prefix) == (True, "c")
    assert context("f('te").string == "te"
    assert context("x -- funcs.").in_comment
    assert not context("--[[ a ]] x").in_comment
    assert context("f(1)(2").call is None


def test_layout():
    """Values fill the lines that they need, elements side by side."""
    items = [b"t", *(b"n%d" % number for number in range(30)), b".70", b"e"]
    shown = Layout(40, False).show(read(items))
    assert shown.startswith("{\n  0, 1, 2,") and shown.endswith("29,\n  ... 70 more\n}")
    assert max(map(len, shown.split("\n"))) <= 40
    assert "\x1b[36m1\x1b[0m" in Layout(80, True).show(read([b"t", b"n1", b"e"]))


def test_strings():
    """Strings show as Lua source; a long one is shown fast."""
    assert quoted(b"s" + b'a"\\\n\x00\x1b\xff\xc3\xa9') == '"a\\"\\\\\\n\\0\\x1b\\xff\xe9"'
    assert quoted(b"S2000:" + "é".encode() * 3 + b"\xc3") == '"ééé"... (2,000 bytes)'
    begun = time.process_time()
    assert len(quoted(b"s" + b"x" * 2**23)) == 2**23 + 2
    fast = time.process_time() - begun
    begun = time.process_time()
    quoted(b"s" + b"\x01" * 2**17)
    assert fast < 64 * (time.process_time() - begun)
