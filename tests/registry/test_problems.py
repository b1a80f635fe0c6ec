"""How a problem is shown."""

from pathlib import Path

import pytest

from moonwit.registry.names import listed, meant, nearest, shown
from moonwit.registry.problems import Problem, Problems


def rendered(line, column, width=1, **more):
    """Renders a problem in a line of text."""
    return Problem(Path("/p/a.yaml"), 7, column, "it is wrong", source_line=line, width=width, **more).render(base=Path("/p"))


def test_a_problem_shows_place_line_caret_and_hint():
    """The first line is `path:line:col: severity: sentence`, as editors read it."""
    assert rendered("  kind: x", 9, hint="write y") == "a.yaml:7:9: error: it is wrong\n    kind: x\n          ^\nhint: write y"


def test_a_path_outside_of_the_base_is_shown_whole():
    """A path is shortened only where that is true."""
    problem = Problem(Path("/p/a.yaml"), 1, 1, "it is wrong", severity="warning")
    assert problem.render(base=Path("/q")) == "/p/a.yaml:1:1: warning: it is wrong"
    assert problem.render(base=Path("/")) == "p/a.yaml:1:1: warning: it is wrong"


@pytest.mark.parametrize(
    ("line", "column", "width", "expected"),
    [
        ("\tkey: x", 2, 3, "\t^^^"),
        ("日本: x", 5, 1, "      ^"),
        ("日本: x", 1, 2, "^^^^"),
        ("e\N{COMBINING ACUTE ACCENT}: x", 5, 1, "   ^"),
        ("ab", 3, 1, "  ^"),
        ("ab", 9, 5, "  ^"),
        ("abcdef", 3, 99, "  ^^^^"),
        ("", 1, 1, "^"),
    ],
)
def test_the_caret_stands_under_the_token(line, column, width, expected):
    """Tabs, wide and combining characters keep the caret in its place; it never leaves the line by more than one."""
    assert rendered(line, column, width).splitlines()[2] == "  " + expected


@pytest.mark.parametrize("column", [1, 80, 81, 500, 990, 1001])
def test_a_long_line_is_cut_around_the_caret(column):
    """Of a line of thousand characters only a window is shown, and the caret still points at its character."""
    line = "".join(chr(0x4E00 + index) for index in range(1000))  # all different, and two columns wide
    _, shown_line, caret = rendered(line, column).splitlines()
    assert len(shown_line) < 180
    before = shown_line[: shown_line.index(line[column - 1])] if column <= 1000 else shown_line
    assert caret.index("^") == sum(1 if c.isascii() else 2 for c in before)


def test_control_characters_do_not_reach_the_terminal():
    """Escape sequences and direction marks in a file's text are shown as replacements."""
    text = rendered("\x1b[31mred\u202e", 1)
    assert "\x1b" not in text and "\u202e" not in text
    assert "\x1b" not in Problem(Path("/p/\x1b[2J"), 1, 1, "a\x1bb", hint="c\x1bd").render()


def test_colors_are_added_only_on_request():
    """Without the colors, the colored text is the plain one."""
    import re

    problem = Problem(Path("a.yaml"), 1, 1, "it is wrong", "write y", source_line="x")
    assert "\x1b" not in problem.render() and re.sub(r"\x1b\[[0-9;]*m", "", problem.render(color=True)) == problem.render()


def test_a_problem_is_kept_once_and_breaks_its_entry():
    """Equal problems are one; a warning breaks nothing."""
    problems = Problems()
    for severity, entry in (("warning", "a:w"), ("error", "a:e"), ("error", "a:f")):
        problems.add(Problem(Path("a"), 1, 1, f"a {severity}", severity=severity, entry=entry))
    assert len(list(problems)) == 2 and problems.broken == {"a:e", "a:f"}


@pytest.mark.parametrize(
    ("word", "expected"),
    [("metod", "method"), ("Method", "method"), ("max-size", "max_size"), ("maxsize", "max_size"), ("zebra", None), ("", None)],
)
def test_the_nearest_name_is_what_was_meant(word, expected):
    """Typing mistakes, case and separators are seen through; what is unlike all names has no neighbor."""
    assert nearest(word, ["source", "method", "max_size"]) == expected
    assert nearest("x" * 1_000_000, ["x"]) is None


def test_names_are_shown_on_one_line():
    """Names in a sentence are quoted, cut and escaped."""
    assert shown("a\nb\x1b") == "`a\\nb\\x1b`" and shown("x" * 99) == f"`{'x' * 60}...`" and shown("ключ") == "`ключ`"
    assert [listed(""), listed("a"), listed("ab"), listed("abc", "or")] == ["", "a", "a and b", "a, b or c"]
    assert listed("abcd", limit=2) == "a, b and 2 more"
    assert meant(None) is None and meant("x") == "did you mean `x`?"
