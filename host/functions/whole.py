"""Ids of entries that stand for all of their binaries: told from others without loading any."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from moonwit.registry import Entry


def is_whole(entry: Entry) -> bool:
    """Tells whether an entry of a WASM function stands for all that its binary exports."""
    return "method" not in entry.fields


def split(id: str) -> tuple[str, str | None]:
    """Splits what is called into the id of an entry and what `method` would say: the part behind the first `#`, None without one."""
    entry, sign, method = id.partition("#")
    return entry, method if sign else None
