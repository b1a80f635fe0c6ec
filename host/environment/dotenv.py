"""The text of dotenv files: `KEY=VALUE` lines with quotes and comments, read with places and changed line by line.

A value without quotes ends at the line or at white space and `#`. In single quotes everything is literal; in double quotes
`\\n`, `\\r`, `\\t`, `\\"`, `\\\\` and `\\$` are escapes. Quoted values may go over several lines. `export` before a key is
left out. Nothing is expanded. Of a key that is there twice the last counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from moonwit.registry.record import record

_BLANK = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")
_EXPORT = re.compile(r"export[ \t]+(?=[^=\s])")
_KEY = re.compile(r"[^\s=#'\"`\\]+")
_EQUALS = re.compile(r"[ \t]*=[ \t]*")
_PLAIN = re.compile(r"(?:[^\n#]|(?<![ \t])#)*")
_SINGLE = re.compile(r"'([^']*)'")
_DOUBLE = re.compile(r'"((?:[^"\\]++|\\.)*+)"', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES: Mapping[str, str] = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "$": "$"}
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_BARE = re.compile(r"[A-Za-z0-9_./:@%+,-]+\Z")


class SyntaxProblem(Exception):
    """A line that is none of a dotenv file's; whoever wrote the file causes it. ``line`` and ``column`` count from 1.

    Nothing of the line is in the sentence, and nobody may show it beside: a line that can't be read may be a piece of a secret.
    """

    def __init__(self, line: int, column: int, sentence: str, hint: str | None = None) -> None:
        super().__init__(sentence)
        self.line = line
        self.column = column
        self.sentence = sentence
        self.hint = hint


@record
class Setting:
    """A value, and where its lines begin and end in the text."""

    key: str
    value: str
    start: int
    end: int


def parse(text: str) -> list[Setting]:
    """Reads a file's text (lines end in "\\n", or "\\r\\n"); raises ``SyntaxProblem`` for the first line that is wrong."""
    text = text.replace("\r\n", "\n")
    settings: list[Setting] = []
    at = 0
    while at < len(text):
        blank = _BLANK.match(text, at)
        if blank is not None:
            at = blank.end()
            continue
        setting = _setting(text, at)
        settings.append(setting)
        at = setting.end
    return settings


def values(text: str) -> dict[str, str]:
    """Gives the values of a file's text by key; raises ``SyntaxProblem``."""
    return {setting.key: setting.value for setting in parse(text)}


def changed(text: str, key: str, value: str) -> str:
    """Gives the text with a key set: in its place if it is there, else at the end; all other lines stay. Raises ``SyntaxProblem``."""
    line = f"{key}={quoted(value)}"
    found = [setting for setting in parse(text) if setting.key == key]
    if not found:
        end = "\r\n" if text.endswith("\r\n") else "\n"
        return text + (end if text and not text.endswith("\n") else "") + line + end
    plain, last = text.replace("\r\n", "\n"), found[-1]
    lines = _LINE.findall(text)
    first, after = plain.count("\n", 0, last.start), plain.count("\n", 0, last.end)
    exported = "export " if _EXPORT.match(plain[last.start : last.end].lstrip(" \t")) else ""
    end = "\r\n" if lines[first].endswith("\r\n") else "\n"
    rest = lines[after:] if plain[last.end - 1] == "\n" else []
    return "".join([*lines[:first], exported, line, end, *rest])


def quoted(value: str) -> str:
    """Writes a value so that it reads the same, in quotes where it needs them."""
    if not value or _BARE.match(value):
        return value
    if "'" not in value and "\n" not in value and "\r" not in value:
        return f"'{value}'"
    for escape, plain in (("\\\\", "\\"), ("\\n", "\n"), ("\\r", "\r"), ('\\"', '"'), ("\\$", "$")):
        value = value.replace(plain, escape)
    return f'"{value}"'


def is_key(text: str) -> bool:
    """Tells whether a file can hold a key of this name."""
    return _KEY.fullmatch(text) is not None


def _problem(text: str, at: int, sentence: str, hint: str | None = None) -> SyntaxProblem:
    return SyntaxProblem(text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1) + 1, sentence, hint)


def _setting(text: str, start: int) -> Setting:
    at = start
    while text[at] in " \t":
        at += 1
    exported = _EXPORT.match(text, at)
    at = at if exported is None else exported.end()
    key = _KEY.match(text, at)
    if key is None:
        raise _problem(text, at, "the name of a variable can't begin with this character", "write `NAME=value`, or `# comment`")
    equals = _EQUALS.match(text, key.end())
    if equals is None:
        raise _problem(text, key.end(), "there is no `=` in this line", "write `NAME=value`, or `# comment`")
    at = equals.end()
    if text[at : at + 1] in ("'", '"'):
        value, at = _quoted(text, at)
    else:
        plain = _PLAIN.match(text, at)
        assert plain is not None
        value, at = plain[0].strip(" \t"), plain.end()
    rest = _BLANK.match(text, at)
    if rest is None:
        while text[at] in " \t":
            at += 1
        raise _problem(text, at, "there is more after the closing quote", "begin a comment with white space and `#`")
    return Setting(key[0], value, start, rest.end())


def _quoted(text: str, start: int) -> tuple[str, int]:
    """Reads a value in quotes; gives it and where it ends."""
    quote = text[start]
    found = (_SINGLE if quote == "'" else _DOUBLE).match(text, start)
    if found is None:
        raise _problem(text, start, f"the quote {quote} is not closed", f"write {quote} at the end of the value")
    return (found[1] if quote == "'" else _ESCAPE.sub(_escape, found[1])), found.end()


def _escape(found: re.Match[str]) -> str:
    return _ESCAPES.get(found[1], found[0])
