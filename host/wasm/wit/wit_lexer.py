"""WIT text as tokens with positions (component-model, WIT.md, "Lexical structure")."""

from __future__ import annotations

import re

from moonwit.registry.record import record

KEYWORDS = frozenset(
    [
        "as", "async", "bool", "borrow", "char", "constructor", "enum", "error-context", "export", "f32", "f64", "flags", "from", "func",
        "future", "import", "include", "interface", "list", "map", "option", "own", "package", "record", "resource", "result", "s16", "s32",
        "s64", "s8", "static", "stream", "string", "tuple", "type", "u16", "u32", "u64", "u8", "use", "variant", "with", "world",
    ]
)  # fmt: skip
MAX_LENGTH = 1 << 20

_SPACE = re.compile(r"[ \t\r\n]+|//[^\n]*")
_WORD = re.compile(r"%?[A-Za-z][A-Za-z0-9_-]*")
_INTEGER = re.compile(r"[0-9]+")
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_NAME = re.compile(r"(?:[a-z][a-z0-9]*|[A-Z][A-Z0-9]*)(?:-(?:[a-z0-9]+|[A-Z0-9]+))*\Z")
_PUNCTUATION = frozenset(":;,{}()<>=.@/_*-+")


class WitError(ValueError):
    """The text is not WIT that we take. Its author causes it; ``line`` and ``column`` count from 1."""

    def __init__(self, sentence: str, line: int, column: int) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.line = line
        self.column = column

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.sentence}"


@record
class Token:
    """One token.

    ``kind`` is "word" (an identifier or a keyword), "name" (an escaped identifier), "integer", "end" or the punctuation itself.
    """

    kind: str
    text: str
    line: int
    column: int

    @property
    def shown(self) -> str:
        """The token as an error sentence names it."""
        return "the end of the text" if self.kind == "end" else f"`{self.text}`"

    def error(self, sentence: str) -> WitError:
        return WitError(sentence, self.line, self.column)


def tokenize(text: str) -> list[Token]:
    """Splits WIT text into tokens, the last one being the end; raises ``WitError``."""
    if len(text) > MAX_LENGTH:
        raise WitError(f"the WIT text is {len(text)} characters long, and {MAX_LENGTH} is the limit; shorten it", 1, 1)
    tokens: list[Token] = []
    at, line, line_start = 0, 1, 0
    while at < len(text):
        column = at - line_start + 1
        if (space := _SPACE.match(text, at)) is not None:
            end = space.end()
        elif text.startswith("/*", at):
            end = _comment_end(text, at, line, column)
        else:
            token = _token(text, at, line, column)
            tokens.append(token)
            at += len(token.text)
            continue
        newlines = text.count("\n", at, end)
        if newlines:
            line += newlines
            line_start = text.rindex("\n", at, end) + 1
        at = end
    tokens.append(Token("end", "", line, at - line_start + 1))
    return tokens


def _comment_end(text: str, start: int, line: int, column: int) -> int:
    """Gets the offset after a block comment; block comments nest."""
    depth, at = 0, start
    while True:
        edge = _COMMENT_EDGE.search(text, at)
        if edge is None:
            raise WitError("the comment that starts here is not closed; end it with `*/`", line, column)
        depth += 1 if edge.group() == "/*" else -1
        at = edge.end()
        if depth == 0:
            return at


def _token(text: str, at: int, line: int, column: int) -> Token:
    if (word := _WORD.match(text, at)) is not None:
        # `a->b` and a word before `-` alone: the dash is not the word's.
        found = word.group()
        if found.endswith("-"):
            found = found.rstrip("-")
        return Token("name" if found.startswith("%") else "word", found, line, column)
    if text.startswith("->", at):
        return Token("->", "->", line, column)
    if (integer := _INTEGER.match(text, at)) is not None:
        return Token("integer", integer.group(), line, column)
    if text[at] in _PUNCTUATION:
        return Token(text[at], text[at], line, column)
    shown = text[at] if text[at].isprintable() else f"U+{ord(text[at]):04X}"
    raise WitError(f"the character `{shown}` has no place in WIT text; remove it", line, column)


def is_name(text: str) -> bool:
    """Tells whether ``text`` is a WIT identifier: lower-case or upper-case words joined by single dashes."""
    return _NAME.match(text) is not None


def check_name(token: Token, what: str) -> str:
    """Gets the identifier that ``token`` is, without its escape, or raises a sentence that says how to write it."""
    if token.kind not in ("word", "name"):
        raise token.error(f"expected {what}, got {token.shown}")
    name = token.text.removeprefix("%")
    if token.kind == "word" and name in KEYWORDS:
        raise token.error(f"`{name}` is a word of WIT itself; write `%{name}` to use it as {what}")
    if not is_name(name):
        better = re.sub(r"([a-z0-9])([A-Z])", r"\1-\2", name).replace("_", "-").lower()
        better = re.sub(r"-+", "-", better).strip("-")
        advice = f"; write `{better}`" if is_name(better) else ""
        raise token.error(f"`{name}` is not a WIT name, words of letters and digits joined by single dashes{advice}")
    return name
