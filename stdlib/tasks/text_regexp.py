"""Regular expressions by RE2, whose time is linear in the text, on threads: RE2 itself runs without the GIL.

Texts are bytes, and places count bytes. Matches of a whole text are found as Go's `regexp` finds them: an empty one right behind
another match does not count.
"""

from __future__ import annotations

import functools
import time
from array import array
from collections.abc import Iterator
from typing import Any

from moonwit.host.engine import worker
from moonwit.host.values.intermediate import Value
from moonwit.stdlib.tasks.problem import DataProblem, library

# What one search may take: places of groups, and seconds. A single match is linear, and many of them may look far ahead each.
MOST_PLACES, SECONDS = 8_000_000, 60.0
# What RE2 may take for one pattern and its states, in bytes.
_MEMORY = 16 * 1024 * 1024


@functools.lru_cache(maxsize=256)
def compiled(pattern: bytes) -> Any:
    """Compiles a pattern; raises ``DataProblem``."""
    re2 = library("re2", "a regular expression")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        (reason,) = error.args or ("it can't be read",)
        shown = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise DataProblem(f"the pattern is not valid: {shown}") from None


def describe(pattern: bytes) -> Value:
    """Gives the number of groups, and the names of those that have one, by number."""
    found = compiled(pattern)
    names = {number: name for name, number in found.groupindex.items()}
    return {b"groups": found.groups, b"names": [_bytes(names.get(number, b"")) for number in range(found.groups + 1)]}


def _bytes(name: bytes | str) -> bytes:
    return name.encode() if isinstance(name, str) else name


def matches(pattern: bytes, text: bytes) -> Value:
    """Tells whether a pattern is somewhere in a text."""
    return compiled(pattern).search(text) is not None


def places(pattern: bytes, text: bytes, most: float, groups: bool) -> bytes:
    """Gives the places of up to ``most`` matches (negative: all) as 64-bit integers: first byte and the byte behind the last, counted from
    0, for each match, and with ``groups`` for each of its groups too, -1 where a group has no part in it; raises ``DataProblem``."""
    found = compiled(pattern)
    width = found.groups + 1 if groups else 1
    out = array("q")
    for match in _matches(found, text, int(most)):
        for group in range(width):
            out.extend(match.span(group))
        if len(out) > MOST_PLACES:
            raise DataProblem(f"there are more than {MOST_PLACES // 2 // width} matches: look at the text piece by piece")
    return out.tobytes()


def _matches(found: Any, text: bytes, most: int) -> Iterator[Any]:
    canceled: list[bool] = []
    cancellation = worker.current()
    if cancellation is not None:
        cancellation.watch(lambda: canceled.append(True))
    until = time.monotonic() + SECONDS
    at, before, count = 0, -1, 0
    while at <= len(text) and count != most:
        match = found.search(text, at)
        if match is None:
            return
        start, end = match.span()
        taken = not (start == end == before)
        at = end if end > at else _next(text, at)
        before = end
        if taken:
            count += 1
            yield match
        if canceled or time.monotonic() > until:
            raise DataProblem(f"it takes longer than the {SECONDS:g} s that it may", "Canceled" if canceled else "Timeout")


def _next(text: bytes, at: int) -> int:
    """Gives the place of the next character."""
    at += 1
    while at < len(text) and text[at] & 0xC0 == 0x80:
        at += 1
    return at


TASKS = {"text.regexp.compile": describe, "text.regexp.matches": matches, "text.regexp.places": places}
