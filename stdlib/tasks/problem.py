"""What is wrong with data, with options, or with this installation, as a task says it."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

from moonwit.host.values.intermediate import Value


class DataProblem(Exception):
    """What a script gets as an error value; the data causes it. ``kind`` is one of Lua's kinds of errors."""

    def __init__(self, message: str, kind: str = "Invalid", details: Value = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.details = details


def library(name: str, what: str) -> Any:
    """Imports a library that an extra brings; raises ``DataProblem`` that says how to install it."""
    try:
        return importlib.import_module(name)
    except ImportError:
        raise missing(what) from None


def available(name: str, what: str) -> None:
    """Raises the same where a library is not there, without importing it."""
    try:
        found = importlib.util.find_spec(name) is not None
    except ValueError:
        found = False
    if not found:
        raise missing(what)


def missing(what: str) -> DataProblem:
    """Says how to install what an extra brings."""
    return DataProblem(f"{what} needs a library that is not installed: pip install 'moonwit[data]'", "Unavailable")


def at(line: int, column: int) -> str:
    """Words a place, both counted from 1."""
    return f"line {line}, column {column}: "


def utf8(data: bytes) -> str:
    """Reads UTF-8, with or without a byte order mark; raises ``DataProblem`` with the place of what is not."""
    try:
        return data.decode("utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "utf-8")
    except UnicodeDecodeError as error:
        lines = data[: error.start].decode("utf-8", "replace").split("\n")
        raise DataProblem(at(len(lines), len(lines[-1]) + 1) + "the text is not UTF-8") from None
