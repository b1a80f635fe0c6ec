"""What an input is: an expression, statements, not finished yet, or wrong; and the marks by which its top-level locals live on.

A Lua state that runs nothing says what compiles, so that typing needs no answer from the lane.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from moonwit.lexer import Token, meaning, split

_AT_END = " near '<eof>'"
# How many variables one mark holds.
MOST_HELD = 50


def is_command(text: str) -> bool:
    """Tells whether an input is a command of the session; two colons begin a label in Lua."""
    return text.startswith(":") and not text.startswith("::")


class Chunk(NamedTuple):
    """An input as the lane takes it: ``source`` has the marks in it, ``keeper`` is the name that they call, ``names`` are the
    identifiers of the source."""

    source: str
    keeper: str
    names: Sequence[str]


class Mistake(Exception):
    """An input that does not compile; ``finished`` is false when more text could mend it."""

    def __init__(self, sentence: str, *, finished: bool) -> None:
        super().__init__(sentence)
        self.finished = finished


class Compiler:
    """Says what compiles; belongs to the thread that makes it."""

    def __init__(self) -> None:
        from lupa.luajit21 import LuaRuntime

        lua = LuaRuntime(register_eval=False, register_builtins=False, encoding=None)
        self._compile: Any = lua.execute(
            b"local load = load return function(source, name) local chunk, problem = load(source, name, 't') return problem end"
        )

    def problem(self, source: str, name: str = "=input") -> str | None:
        """Gives Lua's message about a text, or None when it compiles."""
        if source.startswith("\x1b"):
            return f"{name[1:]}:1: bytecode can't be loaded, only text"
        found = self._compile(source.encode("utf-8", "surrogateescape"), name.encode())
        return None if found is None else found.decode("utf-8", "replace")

    def statement(self, text: str) -> str:
        """Gives an input that compiles as a statement of a script, in which others follow; an expression becomes the value of `_`."""
        text = text.removeprefix("=")
        if self.problem(f"{text}\nlocal _") is None:
            return text
        value = _value(text, meaning(split(text)))
        # What returns would end the script.
        return f"_ = {value}" if self.problem(f"return {value}") is None else f"_ = (function()\n{text}\nend)()"

    def chunk(self, text: str, name: str = "=input", *, plain: bool = False) -> Chunk:
        """Makes a chunk of an input; raises ``Mistake``. A ``plain`` expression is returned as it is, for measuring."""
        text = text[1:] if text.startswith("=") else text  # as Lua's own REPL took an expression
        text = f"--{text}" if text.startswith("#!") else text  # a script for the system
        found = meaning(split(text))
        names = sorted({token.text for token in found if token.kind == "name"})
        keeper = "_keep"
        while keeper in names:
            keeper += "_"
        value = _value(text, found)
        expression = f"return {value}"
        missing = self.problem(expression) if value else None
        if value and missing is None:
            # Through a function: a call that is returned directly would be gone from the stack when it fails.
            return Chunk(expression if plain else f"return {keeper}(nil, {value})", keeper, names)
        problem = self.problem(text, name)
        if problem is not None:
            # A table or an operator at its beginning is not a statement, but it may become an expression.
            unfinished = _unfinished(text, problem) or (missing is not None and _unfinished(text, missing))
            raise Mistake(problem, finished=not unfinished)
        marked = _marked(text, found, keeper)
        # Where the reading of a `local` went wrong the input runs without marks.
        return Chunk(marked if self.problem(marked) is None else text, keeper, names)


def _value(text: str, found: Sequence[Token]) -> str:
    """Gives the text without what may stand behind an expression: comments, and the semicolons that end a call that is a statement.

    Nothing follows its last token, not even a line: Lua gives an error the line of the token after what failed.
    """
    end = len(found)
    while end and found[end - 1].text == ";":
        end -= 1
    return text[: found[end - 1].end] if end else ""


def _unfinished(text: str, problem: str) -> bool:
    last = next((token for token in reversed(split(text)) if token.kind != "space"), None)
    if last is None or last.kind != "string" or last.closed:
        return problem.endswith(_AT_END)
    # A quoted string ends with its line, unless that ends with a backslash.
    return last.text.startswith("[") or last.text.endswith(("\\", "\\\n"))


def _marked(text: str, found: Sequence[Token], keeper: str) -> str:
    """Puts a mark after each `local` at the top level of a text that compiles."""
    pieces, at = [], 0
    for end, names in _locals(found):
        place = found[end - 1].end
        # A parenthesis that follows would call what the mark returns.
        semicolon = ";" if end < len(found) and found[end].text == "(" else ""
        # A function has at most 60 upvalues.
        groups = [names[first : first + MOST_HELD] for first in range(0, len(names), MOST_HELD)]
        marks = "; ".join(f"{keeper}(function() {','.join(group)}=nil end)" for group in groups)
        pieces.append(f"{text[at:place]} {marks}{semicolon}")
        at = place
    return "".join([*pieces, text[at:]])


def _locals(found: Sequence[Token]) -> Iterator[tuple[int, Sequence[str]]]:
    """Gives for each `local` at the top level the number of the token after it, and the names that it declares."""
    at = 0
    while at < len(found):
        word = found[at].text if found[at].kind in ("keyword", "operator") else ""
        if word == "local":
            if found[at + 1].text == "function":
                end = _block_end(found, at + 1)
                yield end, [found[at + 2].text]
            else:
                end, names = at + 2, [found[at + 1].text]
                while end < len(found) and found[end].text == ",":
                    names.append(found[end + 1].text)
                    end += 2
                if end < len(found) and found[end].text == "=":
                    end = _expressions_end(found, end + 1)
                yield end, names
            at = end
        elif word in ("function", "do", "if", "while", "for", "repeat"):
            at = _block_end(found, at)
        else:
            at += 1


# `while` and `for` have a `do` of their own, which opens the block that their `end` closes.
_OPENS, _CLOSES = ("function", "do", "if", "repeat"), ("end", "until")


def _block_end(found: Sequence[Token], at: int) -> int:
    """Gives the number of the token after the block that begins with a keyword."""
    level = 0
    while at < len(found):
        if found[at].kind == "keyword":
            if found[at].text in _OPENS:
                level += 1
            elif found[at].text in _CLOSES:
                level -= 1
                if level == 0:
                    return at + 1
        at += 1
    return at


_BRACKETS = {"(": ")", "[": "]", "{": "}"}
_BINARY = frozenset("+ - * / % ^ .. < <= > >= == ~= and or".split())
_UNARY = frozenset(("-", "#", "not"))


def _bracket_end(found: Sequence[Token], at: int) -> int:
    level = 0
    while at < len(found):
        if found[at].kind == "operator":
            level += (found[at].text in _BRACKETS) - (found[at].text in _BRACKETS.values())
            if level == 0:
                return at + 1
        at += 1
    return at


def _expressions_end(found: Sequence[Token], at: int) -> int:
    """Gives the number of the token after a list of expressions."""
    while at < len(found):
        while at < len(found) and found[at].text in _UNARY and found[at].kind != "string":
            at += 1
        at = _operand_end(found, at)
        if at >= len(found) or found[at].kind == "string" or (found[at].text not in _BINARY and found[at].text != ","):
            return at
        at += 1
    return at


def _operand_end(found: Sequence[Token], at: int) -> int:
    first = found[at]
    if first.text == "function" and first.kind == "keyword":
        return _block_end(found, at)
    if first.text == "{" and first.kind == "operator":
        return _bracket_end(found, at)
    if first.kind != "name" and not (first.text == "(" and first.kind == "operator"):
        return at + 1
    at = at + 1 if first.kind == "name" else _bracket_end(found, at)
    while at < len(found):
        token = found[at]
        if token.kind == "operator" and token.text in (".", ":"):
            at += 2
        elif token.kind == "operator" and token.text in _BRACKETS:
            at = _bracket_end(found, at)
        elif token.kind == "string":
            at += 1
        else:
            return at
    return at
