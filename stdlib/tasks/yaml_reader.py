"""YAML to values, by libyaml's events: safe, bounded, and with every problem at its line and column.

PyYAML's own composers recurse once per level, and its constructors make Python objects of YAML 1.1: here `yes` is a text and `0o17` a
number, as the core schema of YAML 1.2 has it. Dates stay texts.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any

from moonwit.host.values.intermediate import DEPTH, NONE, Empty, Value
from moonwit.stdlib.tasks.problem import DataProblem, at, utf8

# Values that aliases stand for, in all: each is copied where it stands.
MOST_COPIES = 1_000_000
# libyaml compares each with all before it.
MOST_TAG_DIRECTIVES = 16

_STANDARD = "tag:yaml.org,2002:"
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_TAG_DIRECTIVE = re.compile(r"^%TAG", re.MULTILINE)
_WORDS: dict[str, Value] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), NONE),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **{sign + point: float(sign + "inf") for sign in ("", "-", "+") for point in (".inf", ".Inf", ".INF")},
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
_DECIMAL = re.compile(r"[-+]?[0-9]+\Z")
_OTHER_BASE = re.compile(r"0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
# An integer with more digits, zeroes before them aside, does not fit into 64 bits.
_LONG = 22


def decode(text: bytes, null_as_nil: bool = False) -> Value:
    """Reads one document; that of an empty text is null. Raises ``DataProblem``."""
    documents = decode_all(text, null_as_nil)
    if len(documents) > 1:
        raise DataProblem("the text holds more than one document: read them with yaml.decode_all")
    return documents[0] if documents else None if null_as_nil else NONE


def decode_all(text: bytes, null_as_nil: bool = False) -> list[Value]:
    """Reads the documents of a stream; raises ``DataProblem``."""
    import yaml

    source = utf8(text)
    _look_at(source)
    try:
        return list(_Composer(yaml, source, None if null_as_nil else NONE).documents())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = "" if mark is None else at(mark.line + 1, mark.column + 1)
        what = ", ".join(part for part in (error.context, error.problem) if part)
        raise DataProblem(f"{place}this is not YAML: {what}") from None
    except yaml.YAMLError as error:
        raise DataProblem(f"this is not YAML: {' '.join(str(error).split())}") from None


def _look_at(source: str) -> None:
    """Refuses characters that YAML has not, and more directives than libyaml can take."""
    if (forbidden := _FORBIDDEN.search(source)) is not None:
        lines = source[: forbidden.start()].split("\n")
        place = at(len(lines), len(lines[-1]) + 1)
        raise DataProblem(f"{place}the character U+{ord(forbidden[0]):04X} is not allowed in YAML: write it as an escape in double quotes")
    if len(_TAG_DIRECTIVE.findall(source)) > MOST_TAG_DIRECTIVES:
        raise DataProblem(f"the text has more than {MOST_TAG_DIRECTIVES} `%TAG` directives")


def _integer(text: str) -> int | None:
    """Gives an integer of the core schema, or None when it does not fit into 64 bits."""
    base = {"o": 8, "x": 16}.get(text[1:2], 10)
    digits = (text[2:] if base != 10 else text.lstrip("+-")).lstrip("0") or "0"
    if len(digits) > _LONG:
        return None
    value = int(digits, base) * (-1 if text[0] == "-" else 1)
    return value if -(2**63) <= value < 2**64 else None


class _Open:
    """A collection that is not closed yet: ``keys`` are a mapping's, in their order; ``items`` are elements or values."""

    __slots__ = ("anchor", "before", "event", "height", "items", "keys", "known", "merged", "pending")

    def __init__(self, event: Any, mapping: bool, before: int) -> None:
        self.event = event
        self.anchor: str | None = event.anchor
        self.keys: list[bytes] | None = [] if mapping else None
        self.known: set[bytes] = set()
        self.items: list[Value] = []
        self.merged: list[tuple[Any, Value]] = []
        # The key whose value is next; None where a key is next; for `<<` an empty tuple.
        self.pending: Value = None
        # How many values there were before it, and how many levels are below it.
        self.before = before
        self.height = 0


class _Composer:
    """Builds values of a parser's events with a stack of its own."""

    def __init__(self, yaml: Any, source: str, null: Value) -> None:
        self._yaml = yaml
        self._source = source
        self._null = null
        self._stack: list[_Open] = []
        # By anchors: a value, how many values are in it, and how many levels; None while it is open.
        self._anchors: dict[str, tuple[Value, int, int] | None] = {}
        self._count = 0
        self._copies = 0

    def documents(self) -> Iterator[Value]:
        yaml = self._yaml
        root: Value = None
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        for event in yaml.parse(self._source, Loader=loader):
            kind = type(event)
            if kind is yaml.ScalarEvent:
                value, height = self._scalar(event), 0
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                self._open(event, kind is yaml.MappingStartEvent)
                continue
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                value, height = self._close()
            elif kind is yaml.AliasEvent:
                value, height = self._alias(event)
            else:
                if kind is yaml.DocumentStartEvent:
                    root, self._anchors = None, {}
                elif kind is yaml.DocumentEndEvent:
                    yield self._null if root is NONE else root
                continue
            if self._stack:
                self._put(event, value, height)
            else:
                root = value

    def _wrong(self, event: Any, sentence: str) -> DataProblem:
        return DataProblem(at(event.start_mark.line + 1, event.start_mark.column + 1) + sentence)

    def _scalar(self, event: Any) -> Value:
        self._count += 1
        value: Value = self._resolved(event)
        if event.anchor is not None:
            self._anchors[event.anchor] = value, 1, 0
        return value

    def _resolved(self, event: Any) -> Value:
        """Gives what a scalar stands for; a tag that is not standard leaves it a text."""
        tag: str | None = event.tag
        text: str = event.value
        if tag is None:
            return self._plain(event, text) if event.implicit[0] else self._text(event, text)
        name = tag.removeprefix(_STANDARD) if tag.startswith(_STANDARD) else "str"
        if name == "binary":
            try:
                return base64.b64decode("".join(text.split()), validate=True)
            except (binascii.Error, ValueError):
                raise self._wrong(event, "the text of `!!binary` is not base64") from None
        if name not in ("int", "float", "bool", "null"):
            return self._text(event, text)
        value = self._plain(event, text)
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        fits = {"int": number and isinstance(value, int), "float": number, "bool": isinstance(value, bool), "null": value is NONE}
        if not fits[name]:
            raise self._wrong(event, f"`!!{name}` stands before what is not one")
        return float(value) if name == "float" else value

    def _text(self, event: Any, text: str) -> bytes:
        if _SURROGATE.search(text):
            raise self._wrong(event, "a text holds half of a surrogate pair, which is not a character")
        return text.encode()

    def _plain(self, event: Any, text: str) -> Value:
        """Resolves a text by the core schema; an integer past 64 bits is a float."""
        if text in _WORDS:
            return _WORDS[text]
        if text[0] not in "0123456789+-.":
            return self._text(event, text)
        decimal = _DECIMAL.match(text) is not None
        if decimal or _OTHER_BASE.match(text):
            value = _integer(text)
            if value is not None:
                return value
            if not decimal:
                raise self._wrong(event, "the number does not fit into 64 bits")
        elif not _FLOAT.match(text):
            return self._text(event, text)
        number = float(text)
        if number in (float("inf"), float("-inf")):
            raise self._wrong(event, "the number is out of range")
        return number

    def _open(self, event: Any, mapping: bool) -> None:
        self._count += 1
        if len(self._stack) >= DEPTH:
            raise self._wrong(event, f"the text is nested deeper than {DEPTH} levels")
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        self._stack.append(_Open(event, mapping, self._count - 1))

    def _close(self) -> tuple[Value, int]:
        closed = self._stack.pop()
        value: Value = closed.items
        if closed.keys is not None:
            value = dict(zip(closed.keys, closed.items, strict=True))
            for event, source in closed.merged:
                self._merge(event, value, source)
            if self._null is None:
                value = {key: each for key, each in value.items() if each is not None}
        height = closed.height + 1
        if closed.anchor is not None:
            self._anchors[closed.anchor] = value, self._count - closed.before, height
        return value or Empty(), height

    def _merge(self, event: Any, value: dict[bytes, Value], source: Value) -> None:
        for each in source if isinstance(source, list) and source else [source]:
            if not isinstance(each, dict) and each != []:
                raise self._wrong(event, "`<<` merges mappings only")
            for key, inner in dict(each).items():
                value.setdefault(key, inner)

    def _alias(self, event: Any) -> tuple[Value, int]:
        name = event.anchor
        if name not in self._anchors:
            raise self._wrong(event, f"`*{name}` refers to an anchor that is not above it")
        known = self._anchors[name]
        if known is None:
            raise self._wrong(event, f"`*{name}` stands inside what it refers to")
        value, size, height = known
        self._copies += size
        self._count += size
        if self._copies > MOST_COPIES:
            raise self._wrong(event, f"aliases stand for more than {MOST_COPIES} values")
        if len(self._stack) + height > DEPTH:
            raise self._wrong(event, f"the text is nested deeper than {DEPTH} levels")
        return value or (Empty() if isinstance(value, (list, dict)) else value), height

    def _put(self, event: Any, value: Value, height: int) -> None:
        """Puts a finished value into the collection that is open."""
        top = self._stack[-1]
        top.height = max(top.height, height)
        if top.keys is None:
            top.items.append(self._shown(value))
        elif top.pending is None:
            top.pending = self._key(event, value, top)
        elif top.pending == ():
            top.merged.append((event, value))
            top.pending = None
        else:
            top.keys.append(top.pending)
            top.items.append(self._shown(value))
            top.pending = None

    def _shown(self, value: Value) -> Value:
        return self._null if value is NONE else value

    def _key(self, event: Any, value: Value, top: _Open) -> Value:
        """Gives what a key is called: the text of a scalar, whatever it would stand for, because keys of tables are names."""
        if isinstance(value, (list, dict)):
            raise self._wrong(event, "expected a plain value as the key, got a collection")
        if type(event) is self._yaml.AliasEvent:
            name = value if isinstance(value, bytes) else self._named(event, value)
        elif event.value == "<<" and event.tag is None and event.implicit[0]:
            return ()
        else:
            name = self._text(event, event.value) if not isinstance(value, bytes) else value
        if name in top.known:
            shown = name[:60].decode("utf-8", "replace")
            raise self._wrong(event, f"the key '{shown}' stands twice in one mapping")
        top.known.add(name)
        return name

    def _named(self, event: Any, value: Value) -> bytes:
        if value is NONE:
            return b"null"
        return (str(value).lower() if isinstance(value, bool) else str(value)).encode()
