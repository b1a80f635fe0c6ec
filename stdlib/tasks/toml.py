"""TOML to values, by Python's own reader. TOML has dates and times, and Lua has not: they stay texts, as ISO 8601 writes them."""

from __future__ import annotations

import datetime
import re
from typing import Any

from moonwit.host.values.intermediate import Empty, Value
from moonwit.stdlib.tasks.problem import DataProblem, at, utf8

_PLACE = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)\Z", re.DOTALL)

# Python's reader takes memory for the square of the parts of a key.
_LONG_KEY = re.compile(r"(?<![\w.-])[\w-]++(?:[ \t]*+\.[ \t]*+[\w-]++){512}")


def decode(text: bytes) -> Value:
    """Reads a document; raises ``DataProblem``."""
    import tomllib

    source = utf8(text)
    if (found := _LONG_KEY.search(source)) is not None:
        raise DataProblem(at(source.count("\n", 0, found.start()) + 1, 1) + "a key has more than 512 parts")
    try:
        return _value(tomllib.loads(source))
    except tomllib.TOMLDecodeError as error:
        found = _PLACE.match(str(error))
        what = str(error) if found is None else found[1]
        place = "" if found is None else at(int(found[2]), int(found[3])) if found[2] else "at the end: "
        raise DataProblem(f"{place}this is not TOML: {what[:1].lower()}{what[1:]}") from None
    except ValueError as error:
        # Of integers with thousands of digits Python says how many it takes, and of dates what is wrong.
        raise DataProblem(f"this is not TOML: {str(error).split(';')[0]}") from None


def _value(value: Any) -> Value:
    if isinstance(value, dict):
        return {name.encode(): _value(each) for name, each in value.items()} or Empty()
    if isinstance(value, list):
        return [_value(each) for each in value] or Empty()
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat().replace("+00:00", "Z").encode()
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**63:
        raise DataProblem(f"the number {str(value)[:40] if abs(value) < 10**40 else 'there'} does not fit into 64 bits")
    return value.encode() if isinstance(value, str) else value


TASKS = {"toml.decode": decode}
