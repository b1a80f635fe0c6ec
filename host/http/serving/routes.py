"""Routing: which endpoint answers a method and a path."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from urllib.parse import unquote_to_bytes

T = TypeVar("T")

_BAD_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")


class BadPath(Exception):
    """A path that can't be read; the client causes it."""


@dataclass
class _Node(Generic[T]):
    children: dict[str, _Node[T]] = field(default_factory=dict)
    variable: _Node[T] | None = None
    methods: dict[str, tuple[T, list[str]]] = field(default_factory=dict)


@dataclass
class Found(Generic[T]):
    """What answers, with the values of the path's variables; or, where nothing does, the methods that the path takes."""

    target: T | None
    params: dict[str, str]
    allowed: list[str]


class Routes(Generic[T]):
    """A tree of path segments. A segment written out goes before a variable."""

    def __init__(self) -> None:
        self._root: _Node[T] = _Node()
        self._plain: dict[tuple[str, str], Found[T]] = {}

    def add(self, method: str, segments: list[str], target: T) -> bool:
        """Adds a route; gives False when there is one for the same requests already."""
        node, names = self._root, []
        for segment in segments:
            if segment.startswith("{"):
                names.append(segment[1:-1])
                node.variable = node = node.variable or _Node()
            else:
                node = node.children.setdefault(segment, _Node())
        if method in node.methods:
            return False
        node.methods[method] = (target, names)
        if not names:
            self._plain[(method, "/" + "/".join(segments))] = Found(target, {}, [])
        return True

    def find(self, method: str, path: str) -> Found[T]:
        """Finds the route for a method and a path as it was sent, without the query; raises ``BadPath``."""
        plain = self._plain.get((method, path))
        if plain is not None:
            return plain
        segments = [decoded(part) for part in path.split("/")[1:]]
        allowed: dict[str, None] = {}
        wanted = (method, "GET") if method == "HEAD" else (method,)
        for node, values in _matches(self._root, segments):
            for name in wanted:
                if name in node.methods:
                    target, names = node.methods[name]
                    return Found(target, dict(zip(names, values, strict=True)), [])
            allowed.update(dict.fromkeys(node.methods))
        return Found(None, {}, complete(allowed))


def _matches(root: _Node[T], segments: list[str]) -> Iterator[tuple[_Node[T], list[str]]]:
    """Gives the nodes that a path leads to, the most literal first."""
    waiting: list[tuple[_Node[T], int, list[str]]] = [(root, 0, [])]
    while waiting:
        node, at, values = waiting.pop()
        if at == len(segments):
            if node.methods:
                yield node, values
            continue
        if node.variable is not None and segments[at]:
            waiting.append((node.variable, at + 1, [*values, segments[at]]))
        child = node.children.get(segments[at])
        if child is not None:
            waiting.append((child, at + 1, values))


def complete(methods: Iterable[str]) -> list[str]:
    """Gives the methods of an Allow header: those that are answered without an endpoint of their own are among them."""
    found = dict.fromkeys(methods)
    if not found:
        return []
    return list(dict.fromkeys([*found, *(("HEAD",) if "GET" in found else ()), "OPTIONS"]))


def decoded(segment: str) -> str:
    """Gives a segment without its escapes; raises ``BadPath``."""
    if "%" not in segment:
        return segment
    if _BAD_ESCAPE.search(segment):
        raise BadPath("the path holds a % that begins no escape: write %25")
    try:
        text = unquote_to_bytes(segment).decode()
    except UnicodeDecodeError:
        raise BadPath("the path is not UTF-8") from None
    if "\0" in text:
        raise BadPath("the path holds a NUL character")
    return text
