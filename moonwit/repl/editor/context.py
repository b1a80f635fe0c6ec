"""Where the cursor is: in which call and argument, in which table and key, behind which names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from moonwit.lexer import Token, code, tokens

if TYPE_CHECKING:
    from moonwit.host.wasm.wit.types import Type
    from moonwit.repl.session.knowledge import Knowledge

# Functions whose first argument is an id, by their last name.
CALLERS = ("call", "async")


@dataclass
class Frame:
    """A bracket that is open at the cursor.

    ``callee`` is the path of names before a parenthesis or square bracket, with a ":" before a method's name; ``index`` counts commas;
    ``first`` is the first argument when it is a string; ``key`` is the name of the field whose value is being written.
    """

    opener: str
    callee: tuple[str, ...] = ()
    index: int = 0
    first: str | None = None
    key: str | None = None


@dataclass
class Context:
    """The frames from the outside in; the names before the cursor, and the beginning of the one being written, or of the string.

    ``result_of`` are the names of the function whose result is before the cursor, where a call is.
    """

    frames: list[Frame] = field(default_factory=list)
    path: tuple[str, ...] = ()
    prefix: str = ""
    method: bool = False
    string: str | None = None
    at_key: bool = False
    result_of: tuple[str, ...] = ()
    in_comment: bool = False

    @property
    def call(self) -> Frame | None:
        """The innermost call that the cursor is in."""
        return next((frame for frame in reversed(self.frames) if frame.opener == "(" and frame.callee), None)


def context(text: str) -> Context:
    """Reads the text before the cursor."""
    found = Context()
    last = next(reversed(tokens(text)), None)
    # A long comment that is closed is behind the cursor; a short one goes on to the end of its line.
    found.in_comment = last is not None and last.kind == "comment" and not (last.closed and last.text.startswith(("--[[", "--[=")))
    meaningful = code(text)
    if last is not None and last.kind == "string" and not last.closed:
        found.string = last.text[1:]
        meaningful = meaningful[:-1]
    elif last is not None and last.kind in ("name", "keyword"):
        found.prefix = last.text
        meaningful = meaningful[:-1]
    for at, token in enumerate(meaningful):
        _step(found.frames, meaningful, at, token)
    before = meaningful[-1].text if meaningful else ""
    if found.string is None and before in (".", ":") and meaningful[-1].kind == "operator":
        found.method = before == ":"
        found.path = _path(meaningful, len(meaningful) - 1) or ("?",)
        if found.path == ("?",):
            _value_before(found, meaningful)
    found.at_key = bool(found.frames) and found.frames[-1].opener == "{" and before in ("{", ",", ";")
    return found


def _value_before(where: Context, found: Sequence[Token]) -> None:
    """Finds what the cursor is behind where it is not a name: a text, in parentheses or not, or the result of a call."""
    at = len(found) - 2
    if at >= 0 and found[at].kind == "string":
        where.path = ("string",)
    if at < 0 or found[at].text != ")":
        return
    level = 0
    while at >= 0:
        text = found[at].text if found[at].kind == "operator" else ""
        level += (text in (")", "]", "}")) - (text in ("(", "[", "{"))
        if level == 0:
            break
        at -= 1
    if at < 0:
        return
    where.result_of = _path(found, at)
    if not where.result_of and at == len(found) - 4 and found[at + 1].kind == "string":
        where.path = ("string",)


def _step(frames: list[Frame], found: Sequence[Token], at: int, token: Token) -> None:
    top = frames[-1] if frames else None
    if token.kind == "string" and top is not None and top.opener == "(" and top.index == 0 and found[at - 1].text == "(":
        top.first = token.text[1:-1]
    if token.kind != "operator":
        # A word that begins a statement ends what was left open above it.
        return
    if token.text in ("(", "{", "["):
        frames.append(Frame(token.text, _path(found, at) if token.text != "{" else ()))
    elif token.text in (")", "}", "]"):
        if frames:
            frames.pop()
    elif top is not None and token.text in (",", ";"):
        top.index += 1
        top.key = None
    elif top is not None and token.text == "=" and top.opener == "{" and at and found[at - 1].kind == "name":
        top.key = found[at - 1].text


def _path(found: Sequence[Token], at: int) -> tuple[str, ...]:
    """Gives the names before a place, as in `a.b:c`; nothing where something else stands before them, but `?` where a method follows."""
    names: list[str] = []
    at -= 1
    while at >= 0 and found[at].kind == "name":
        sign = found[at - 1].text if at and found[at - 1].kind == "operator" else ""
        if sign not in (".", ":"):
            return (found[at].text, *names)
        names.insert(0, f":{found[at].text}" if sign == ":" else found[at].text)
        at -= 2
    return ("?", *names) if names and names[0].startswith(":") else ()


def target(frame: Frame) -> str | None:
    """Gives the id that a call is for, when it is one of a function of the registry."""
    if frame.callee and frame.callee[-1].lstrip(":") in CALLERS and len(frame.callee) > 1:
        return frame.first
    return None


def expected(where: Context, knowledge: Knowledge) -> Type | None:
    """Gives the type of the table that the cursor is in, where it is part of an argument of a known function."""
    from moonwit.host.wasm.wit import types as wit

    at = next((at for at in reversed(range(len(where.frames))) if where.frames[at].opener == "("), None)
    if at is None or (id := target(where.frames[at])) is None or (function := knowledge.function(id)) is None:
        return None
    number = where.frames[at].index - 1
    if not 0 <= number < len(function.params):
        return None
    type: Type | None = function.params[number].type
    for frame in where.frames[at + 1 : -1]:
        type = _inside(_bare(type), frame)
    type = _bare(type)
    return type if isinstance(type, (wit.Record, wit.Variant, wit.Flags)) else None


def _bare(type: Type | None) -> Type | None:
    from moonwit.host.wasm.wit import types as wit

    while isinstance(type, wit.Option):
        type = type.some
    return type


def _inside(type: Type | None, frame: Frame) -> Type | None:
    """Gives the type of what is being written in a table."""
    from moonwit.host.wasm.wit import types as wit

    if isinstance(type, (wit.List, wit.FixedList)):
        return type.element
    if isinstance(type, wit.Map):
        return type.value
    if isinstance(type, wit.Tuple):
        return type.types[frame.index] if frame.index < len(type.types) else None
    members = type.fields if isinstance(type, wit.Record) else type.cases if isinstance(type, wit.Variant) else ()
    wanted = (frame.key or "").replace("_", "-")
    return next((member.type for member in members if member.name in (wanted, frame.key)), None)
