"""Values of the intermediate model as Python's libraries take and give them: texts as ``str``, null as ``None``."""

from __future__ import annotations

from typing import Any

from moonwit.host.values.intermediate import NONE, Empty, ErrorValue, Some, Value, kind_of
from moonwit.stdlib.tasks.problem import DataProblem


def plain(value: Value) -> Any:
    """Gives a value as JSON would have it; raises ``DataProblem`` for what JSON has not."""
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise DataProblem("a string in the value is not UTF-8") from None
    if isinstance(value, dict):
        return {plain(name): plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if value is None or value is NONE:
        return None
    if isinstance(value, Some):
        return plain(value.value)
    if isinstance(value, ErrorValue):
        return {"message": value.message, "kind": value.kind}
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return value
    raise DataProblem(f"{kind_of(value)} can't stand in the value")


def model(value: Any) -> Value:
    """Gives what Python has read as a value for Lua; an integer past 64 bits is a float."""
    if isinstance(value, dict):
        return {name.encode("utf-8", "replace"): model(each) for name, each in value.items()} or Empty()
    if isinstance(value, list):
        return [model(each) for each in value] or Empty()
    if value is None:
        return NONE
    if isinstance(value, str):
        return value.encode("utf-8", "replace")
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**64:
        return float(value)
    return value
