"""Dotenv files mean to us what they mean to python-dotenv, where both take them."""

from __future__ import annotations

import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from moonwit.host.environment import dotenv

oracle = pytest.importorskip("dotenv", reason="an oracle of the tests: pip install -e '.[test]'")

KEYS = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,5}", fullmatch=True)
SPACES = st.sampled_from(["", "", " ", "\t", "  "])
PLAIN = st.text("abcZ09_=./:@%+,-$?!*()[]{}<>|~^;&é日", max_size=8)
WORDS = st.lists(PLAIN.filter(bool), max_size=3).map(" ".join)
IN_SINGLE = st.text('abc #"=\n$é\t', max_size=10).map(lambda text: f"'{text}'")
ESCAPED = st.sampled_from([r"\n", r"\r", r"\t", r"\"", r"\\", *"abc #'=\n$é"])
IN_DOUBLE = st.lists(ESCAPED, max_size=8).map(lambda parts: '"' + "".join(parts) + '"')
VALUES = WORDS | IN_SINGLE | IN_DOUBLE
COMMENT = st.sampled_from(["", "", " # why", "\t#", " #'"])
LINE = st.one_of(
    st.tuples(SPACES, st.sampled_from(["", "", "export "]), KEYS, SPACES, st.just("="), SPACES, VALUES, COMMENT).map("".join),
    st.sampled_from(["", "# comment", "  # A=1", "\t"]),
)


@given(st.lists(LINE, max_size=6), st.sampled_from(["\n", "\r\n"]), st.booleans())
@example(["A=1 # x", "B='2' # y", 'C="3"#z', "D=4#5", "E= # nothing", "F=", "G=a  b"], "\n", True)
@example(["A=1", "A=2", "export A=3"], "\n", False)
@example(['A="x\ny"', "B='x\ny'", 'C="it\'s"', "D='say \"no\"'"], "\n", True)
@settings(max_examples=400, deadline=None)
def test_a_file_says_the_same(lines: list[str], end: str, last: bool) -> None:
    """Keys, plain and quoted values, escapes, comments, `export` and ends of lines."""
    text = end.join(lines) + (end if last else "")
    # Where lines end in "\r\n", python-dotenv keeps that inside quotes.
    theirs = oracle.dotenv_values(stream=io.StringIO(text.replace("\r\n", "\n"), newline=""), interpolate=False)
    assert dotenv.values(text) == theirs


@given(st.dictionaries(KEYS, st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12), max_size=4))
@settings(max_examples=300, deadline=None)
def test_what_we_write_they_read(wanted: dict[str, str]) -> None:
    """A value that is set is the same to both, but for a backslash in single quotes and a dollar in double ones."""
    text = ""
    for key, value in wanted.items():
        text = dotenv.changed(text, key, value)
    assert dotenv.values(text) == wanted
    for key, value in wanted.items():
        line = dotenv.changed("", key, value)
        odd = "\\" if "='" in line else "$"
        assert odd in value or oracle.dotenv_values(stream=io.StringIO(line, newline=""), interpolate=False) == {key: value}
