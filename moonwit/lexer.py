"""Lua's tokens, for colors, indentation, completion, and to know whether an input is finished. Takes any text."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from moonwit.lua.scripts.keywords import KEYWORDS

Kind = Literal["name", "keyword", "number", "string", "comment", "operator", "space", "other"]

# Beyond it a text is one token while it is edited: each key would take longer than people notice.
LARGEST = 32 * 1024

_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<comment>--(?!\[=*\[)[^\n]*)
  | (?P<long>(?:--)?\[(?P<level>=*)\[)
  | (?P<name>[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_\x80-\U0010ffff]*)
  | (?P<number>0[xX][0-9a-fA-F.]+(?:[pP][+-]?\d+)?(?:[uU]?[lL]{2}|i)?|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?:[uU]?[lL]{2}|i)?)
  | (?P<string>"(?:[^"\\\n]|\\.|\\\n)*(?:"|\\?\Z)?|'(?:[^'\\\n]|\\.|\\\n)*(?:'|\\?\Z)?)
  | (?P<operator>\.\.\.|\.\.|==|~=|<=|>=|::|[-+*/%^\#<>=(){}\[\];:,.])
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """A piece of the text; ``closed`` is false for a string or a comment whose end is missing."""

    kind: Kind
    text: str
    start: int
    closed: bool = True

    @property
    def end(self) -> int:
        """Gives where the next token starts."""
        return self.start + len(self.text)


@functools.lru_cache(maxsize=8)
def tokens(text: str) -> Sequence[Token]:
    """Splits a text into tokens; together they are the text."""
    return [Token("other", text, 0)] if len(text) > LARGEST else split(text)


def split(text: str) -> list[Token]:
    """Splits a text of any length into tokens."""
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        assert match is not None  # `other` takes any character
        word, kind, closed = match[0], match.lastgroup, True
        if match["long"] is not None:
            close = f"]{match['level']}]"
            end = text.find(close, match.end())
            closed = end >= 0
            word = text[at : end + len(close)] if closed else text[at:]
            kind = "comment" if word.startswith("--") else "string"
        elif kind == "name" and word in KEYWORDS:
            kind = "keyword"
        elif kind == "string":
            closed = len(word) > 1 and word[-1] == word[0] and _ends(word)
        found.append(Token(kind, word, at, closed))  # type: ignore[arg-type]
        at += len(word)
    return found


def _ends(word: str) -> bool:
    """Tells whether the last quote of a string is its end, not an escaped one."""
    body = word[1:-1]
    return (len(body) - len(body.rstrip("\\"))) % 2 == 0


def code(text: str) -> list[Token]:
    """Gives the tokens that mean something: neither space nor comments."""
    return meaning(tokens(text))


def meaning(found: Sequence[Token]) -> list[Token]:
    """Leaves out space and comments."""
    return [token for token in found if token.kind not in ("space", "comment")]


_OPENS = frozenset(("function", "do", "then", "repeat", "{", "(", "["))
_CLOSES = frozenset(("end", "until", "}", ")", "]"))


def depth(text: str) -> int:
    """Counts the blocks, tables and parentheses that are open at the end of a text."""
    level = 0
    for token in code(text):
        if token.kind in ("keyword", "operator"):
            if token.text in _OPENS:
                level += 1
            # `elseif` closes what its own `then` opens again; the `then` after `else` does not come.
            elif token.text in _CLOSES or token.text == "elseif":
                level -= 1
            level = max(level, 0)
    return level


def closes(line: str) -> bool:
    """Tells whether a line begins with what ends a block, and so stands one level further out."""
    first = next(iter(code(line)), None)
    return first is not None and first.text in (*_CLOSES, "else", "elseif")


_PAIRS = {"(": ")", "[": "]", "{": "}"}


def partner(text: str, at: int) -> int | None:
    """Finds the bracket that belongs to the one at a place of the text."""
    waiting: list[Token] = []
    for token in code(text):
        if token.kind != "operator":
            continue
        if token.text in _PAIRS:
            waiting.append(token)
        elif token.text in _PAIRS.values() and waiting:
            opened = waiting.pop()
            if _PAIRS[opened.text] == token.text and at in (opened.start, token.start):
                return token.start if at == opened.start else opened.start
    return None
