"""What entries are called as, told without loading any: one function, all of a binary, or a program."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from moonwit.registry import Entry


# The one function of a program, in all the ways that an export can be named.
PROGRAM = re.compile(r"(?:(?:wasi:cli/)?run(?:@\d+\.\d+\.\d+[\w.+-]*)?(?:#run)?|_start)")
_FUNCTIONS = ("function.wat", "function.wasm")


def is_guest(entry: Entry) -> bool:
    """Tells whether an entry is called as a function in WebAssembly: a function, or a process that names one in `method`."""
    return entry.kind in _FUNCTIONS or (entry.kind == "process.wasm" and not is_program(entry))


def is_program(entry: Entry) -> bool:
    """Tells whether a process in WebAssembly is a program, with streams and an exit status."""
    method = entry.fields.get("method")
    return entry.kind == "process.wasm" and (method is None or PROGRAM.fullmatch(str(method)) is not None)


def is_whole(entry: Entry) -> bool:
    """Tells whether an entry of a WASM function stands for all that its binary exports."""
    return "method" not in entry.fields


def split(id: str) -> tuple[str, str | None]:
    """Splits what is called into the id of an entry and what `method` would say: the part behind the first `#`, None without one."""
    entry, sign, method = id.partition("#")
    return entry, method if sign else None
