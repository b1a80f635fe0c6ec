"""Names out of binaries and WIT texts, as sentences show them."""

from __future__ import annotations

from collections.abc import Iterable

from moonwit.registry import names as registry_names

_LONGEST = 120


def shown(name: str) -> str:
    """Quotes a name that comes from outside; a full interface path is not cut."""
    return registry_names.shown(name, _LONGEST)


def listed(names: Iterable[str]) -> str:
    """Lists quoted names: "`a`, `b` and `c`"."""
    return registry_names.listed(map(shown, names))


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Gets the name that was probably meant, or None; the work is bounded."""
    return registry_names.nearest(name, names)


def advice(name: str, names: Iterable[str]) -> str:
    """Gets "; did you mean `x`?" for the nearest name, or nothing."""
    near = nearest(name, names)
    return f"; did you mean {shown(near)}?" if near is not None else ""
