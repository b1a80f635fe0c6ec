"""Names in sentences: shown safely, listed briefly, and the nearest one to a mistyped one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice

_LONGEST = 120
_LISTED = 20
_COMPARED = 1000


def shown(name: str) -> str:
    """Quotes a name that comes from outside: control characters are spelled out, and a long one is cut."""
    cut = name if len(name) <= _LONGEST else name[:_LONGEST] + "..."
    return "`" + "".join(c if c.isprintable() else f"\\u{{{ord(c):x}}}" for c in cut) + "`"


def listed(names: Iterable[str]) -> str:
    """Lists names with commas, the first 20 of them."""
    every = list(names)
    text = ", ".join(shown(name) for name in every[:_LISTED])
    return text if len(every) <= _LISTED else f"{text} and {len(every) - _LISTED} more"


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Gets the name most like ``name``, or None; ``_`` and ``-`` count as the same. The work is bounded."""
    folded = {other.replace("_", "-"): other for other in islice(names, _COMPARED) if len(other) <= _LONGEST}
    near = get_close_matches(name[:_LONGEST].replace("_", "-"), list(folded), n=1, cutoff=0.6)
    return folded[near[0]] if near else None


def advice(name: str, names: Iterable[str]) -> str:
    """Gets "; did you mean `x`?" for the nearest name, or nothing."""
    near = nearest(name, names)
    return f"; did you mean {shown(near)}?" if near is not None else ""
